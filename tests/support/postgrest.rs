//! A stand-in for Supabase: the gateway's keys, and before one table in memory what
//! PostgREST documents of filters, ranges, preferences, types and errors. A real one is in
//! no package registry. Whatever it does not know it refuses, so that no client leans on
//! what PostgREST would not do.
//!
//! ```ignore
//! let supabase = Postgrest::start().await;
//! supabase.insert(json!({"start_time": "…", "end_time": "…", "message": "…"}));
//! ```

use super::server::Server;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::response::Response;
use http::{HeaderMap, Method, StatusCode};
use serde_json::{Map, Value, json};
use std::cmp::Ordering;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

pub const KEY: &str = "sb_secret_stand_in_0123456789";
const TABLE: &str = "system_maintenance";

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    BigInt,
    Uuid,
    Text,
    /// With so many digits after the second.
    Timestamptz(u32),
    Timestamp(u32),
}

/// A server on loopback. It stops when dropped.
pub struct Postgrest {
    state: Arc<Mutex<Database>>,
    server: Server,
}

/// What it holds, and how it behaves.
pub struct Database {
    columns: Vec<(String, Kind)>,
    rows: Vec<Map<String, Value>>,
    next_id: i64,
    /// What `now()` is, for the default of `created_at`.
    pub now_ms: i64,
    pub max_rows: usize,
    pub has_table: bool,
    /// As row-level security does to those without the right: no row, and no error.
    pub hides_rows: bool,
    /// Answers everything so, if set.
    pub answers: Option<(StatusCode, String)>,
    /// Answers every write so, if set, and carries none out.
    pub refuses_writes: Option<(StatusCode, String)>,
    /// Carries writes out, and then ends the connection without an answer.
    pub swallows_writes: bool,
    pub delay: Duration,
    /// `GET /rest/v1/system_maintenance?…`, decoded.
    pub requests: Vec<String>,
}

struct Refused(StatusCode, Value);
type Answered<T> = Result<T, Refused>;

fn refuse<T>(status: u16, code: &str, message: &str) -> Answered<T> {
    let body = json!({"code": code, "details": null, "hint": null, "message": message});
    Err(Refused(StatusCode::from_u16(status).unwrap(), body))
}

impl Postgrest {
    /// One with the table that the source document shows.
    pub async fn start() -> Postgrest {
        Postgrest::with(&[
            ("id", Kind::BigInt),
            ("start_time", Kind::Timestamptz(6)),
            ("end_time", Kind::Timestamptz(6)),
            ("message", Kind::Text),
            ("created_at", Kind::Timestamptz(6)),
        ])
        .await
    }

    pub async fn with(columns: &[(&str, Kind)]) -> Postgrest {
        let database = Database {
            columns: columns.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect(),
            rows: Vec::new(),
            next_id: 1,
            now_ms: 0,
            max_rows: 1_000,
            has_table: true,
            hides_rows: false,
            answers: None,
            refuses_writes: None,
            swallows_writes: false,
            delay: Duration::ZERO,
            requests: Vec::new(),
        };
        let state = Arc::new(Mutex::new(database));
        let router = Router::new().fallback(answer).with_state(Arc::clone(&state));
        Postgrest { state, server: Server::answering(router).await }
    }

    pub async fn stop(&mut self) {
        self.server.stop().await;
    }

    pub async fn restart(&mut self) {
        self.server.restart().await;
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.server.address())
    }

    pub fn database(&self) -> MutexGuard<'_, Database> {
        self.state.lock().unwrap()
    }

    /// Adds a row as SQL would, and gives its key.
    pub fn insert(&self, row: Value) -> String {
        let row = self.database().insert(row.as_object().unwrap()).unwrap_or_else(|refused| {
            panic!("{}", refused.1);
        });
        plain(&row["id"])
    }

    pub fn update(&self, id: &str, change: Value) {
        let mut database = self.database();
        let change = database.checked(change.as_object().unwrap()).unwrap_or_else(|refused| {
            panic!("{}", refused.1);
        });
        let row = database.rows.iter_mut().find(|row| plain(&row["id"]) == id).unwrap();
        row.extend(change);
    }

    pub fn delete(&self, id: &str) {
        self.database().rows.retain(|row| plain(&row["id"]) != id);
    }

    pub fn rows(&self) -> Vec<Map<String, Value>> {
        self.database().rows.clone()
    }
}

async fn answer(State(state): State<Arc<Mutex<Database>>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1 << 20).await.unwrap();
    let query: Vec<(String, String)> =
        url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes())
            .into_owned()
            .collect();
    let (delay, swallow, answered) = {
        let mut database = state.lock().unwrap();
        let shown: Vec<String> = query.iter().map(|(k, v)| format!("{k}={v}")).collect();
        let shown = format!("{} {}?{}", parts.method, parts.uri.path(), shown.join("&"));
        database.requests.push(shown);
        let is_write = parts.method != Method::GET;
        let refusal = database.refuses_writes.clone().filter(|_| is_write);
        let answered = match refusal.or_else(|| database.answers.clone()) {
            Some((status, body)) => plainly(status, body),
            None => database
                .answer(&parts.method, parts.uri.path(), &query, &parts.headers, &body)
                .unwrap_or_else(|Refused(status, body)| plainly(status, body.to_string())),
        };
        let swallow = database.swallows_writes && is_write;
        (database.delay, swallow, answered)
    };
    tokio::time::sleep(delay).await;
    if swallow {
        // hyper ends a connection whose answer fails.
        return Response::new(Body::from_stream(futures_util::stream::once(async {
            Err::<Vec<u8>, _>(std::io::Error::other("gone"))
        })));
    }
    answered
}

fn plainly(status: StatusCode, body: String) -> Response {
    let answer = Response::builder().status(status);
    let answer = answer.header("Content-Type", "application/json; charset=utf-8");
    answer.body(Body::from(body)).unwrap()
}

impl Database {
    fn answer(
        &mut self,
        method: &Method,
        path: &str,
        query: &[(String, String)],
        headers: &HeaderMap,
        body: &[u8],
    ) -> Answered<Response> {
        admit(headers)?;
        let Some(table) = path.strip_prefix("/rest/v1/") else {
            let body = json!({"message": "no Route matched with those values"});
            return Err(Refused(StatusCode::NOT_FOUND, body));
        };
        if table != TABLE || !self.has_table {
            let message =
                format!("Could not find the table 'public.{table}' in the schema cache");
            return refuse(404, "PGRST205", &message);
        }
        let plan = self.plan(query)?;
        let represent = prefers(headers, "return=representation");
        match method.as_str() {
            "GET" => self.read(&plan, headers),
            "POST" => {
                let row = self.insert(&object(headers, body)?)?;
                Ok(self.written(StatusCode::CREATED, &plan, vec![row], represent))
            }
            "PATCH" => {
                let change = self.checked(&object(headers, body)?)?;
                plan.must_be_filtered("UPDATE")?;
                let mut changed = Vec::new();
                for row in self.rows.iter_mut().filter(|row| plan.matches(row)) {
                    row.extend(change.clone());
                    changed.push(row.clone());
                }
                Ok(self.written(StatusCode::OK, &plan, changed, represent))
            }
            "DELETE" => {
                plan.must_be_filtered("DELETE")?;
                let gone = self.rows.iter().filter(|row| plan.matches(row)).cloned().collect();
                self.rows.retain(|row| !plan.matches(row));
                Ok(self.written(StatusCode::OK, &plan, gone, represent))
            }
            _ => refuse(405, "PGRST117", "Unsupported HTTP method"),
        }
    }

    fn kind(&self, column: &str) -> Option<Kind> {
        self.columns.iter().find(|(name, _)| name == column).map(|(_, kind)| *kind)
    }

    fn known(&self, column: &str) -> Answered<Kind> {
        match self.kind(column) {
            Some(kind) => Ok(kind),
            None => refuse(400, "42703", &format!("column {TABLE}.{column} does not exist")),
        }
    }

    fn plan(&self, query: &[(String, String)]) -> Answered<Plan> {
        let mut plan = Plan::default();
        for (name, value) in query {
            match name.as_str() {
                "select" => {
                    for column in value.split(',').filter(|column| *column != "*") {
                        self.known(column)?;
                        plan.select.push(column.to_owned());
                    }
                }
                "order" => {
                    let (column, way) = value.split_once('.').unwrap_or((value, "asc"));
                    self.known(column)?;
                    if !matches!(way, "asc" | "desc") {
                        return refuse(400, "PGRST100", "\"failed to parse order\"");
                    }
                    plan.order = Some((column.to_owned(), way == "desc"));
                }
                "or" => plan.any.push(self.any_of(value)?),
                "limit" | "offset" => {
                    let Ok(number) = value.parse::<usize>() else {
                        return refuse(416, "PGRST103", "Requested range not satisfiable");
                    };
                    match name.as_str() {
                        "limit" => plan.limit = Some(number),
                        _ => plan.offset = number,
                    }
                }
                column => {
                    let kind = self.known(column)?;
                    let filter = value.split_once('.');
                    let filter = filter.filter(|(op, _)| {
                        matches!(*op, "eq" | "neq" | "gt" | "gte" | "lt" | "lte")
                    });
                    let Some((op, operand)) = filter else {
                        let message = format!("\"failed to parse filter ({value})\"");
                        return refuse(400, "PGRST100", &message);
                    };
                    let operand = kind.stored(&json!(operand), true)?;
                    plan.filters.push((column.to_owned(), op.to_owned(), operand));
                }
            }
        }
        Ok(plan)
    }

    /// `(end_time.gte."…",end_time.is.null)`; what has a reserved character is quoted.
    fn any_of(&self, text: &str) -> Answered<Vec<(String, String, Value)>> {
        let wrong =
            || refuse(400, "PGRST100", &format!("\"failed to parse logic tree ({text})\""));
        let Some(inner) = text.strip_prefix('(').and_then(|text| text.strip_suffix(')')) else {
            return wrong();
        };
        let mut filters = Vec::new();
        for one in inner.split(',') {
            let mut parts = one.splitn(3, '.');
            let (Some(column), Some(op), Some(operand)) =
                (parts.next(), parts.next(), parts.next())
            else {
                return wrong();
            };
            let kind = self.known(column)?;
            let quoted = operand.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
            let operand = match (op, quoted) {
                ("is", None) if operand == "null" => Value::Null,
                ("eq" | "gt" | "gte" | "lt" | "lte", Some(text)) => {
                    kind.stored(&json!(text), true)?
                }
                ("eq" | "gt" | "gte" | "lt" | "lte", None)
                    if !operand.contains(['.', ':', '(', ')']) =>
                {
                    kind.stored(&json!(operand), true)?
                }
                _ => return wrong(),
            };
            filters.push((column.to_owned(), op.to_owned(), operand));
        }
        Ok(filters)
    }

    fn read(&self, plan: &Plan, headers: &HeaderMap) -> Answered<Response> {
        let mut rows: Vec<_> = match self.hides_rows {
            true => Vec::new(),
            false => self.rows.iter().filter(|row| plan.matches(row)).cloned().collect(),
        };
        if let Some((column, is_desc)) = &plan.order {
            rows.sort_by(|a, b| {
                let order = compare(&a[column], &b[column]).unwrap_or(Ordering::Equal);
                if *is_desc { order.reverse() } else { order }
            });
        }
        let total = rows.len();
        let (mut offset, mut limit) = (plan.offset, plan.limit.unwrap_or(usize::MAX));
        if let Some((from, to)) = range(headers) {
            offset = offset.max(from);
            limit = limit.min(to.map_or(usize::MAX, |to| to + 1 - from));
        }
        let count = prefers(headers, "count=exact");
        if count && offset > total {
            let body = json!({
                "code": "PGRST103", "hint": null, "message": "Requested range not satisfiable",
                "details":
                    format!("An offset of {offset} was requested, but there are only {total} rows."),
            });
            return Err(Refused(StatusCode::RANGE_NOT_SATISFIABLE, body));
        }
        let rows: Vec<_> =
            rows.into_iter().skip(offset).take(limit.min(self.max_rows)).collect();
        let number = rows.len();
        let in_all = if count { total.to_string() } else { "*".to_owned() };
        let content_range = match number {
            0 => format!("*/{in_all}"),
            _ => format!("{offset}-{}/{in_all}", offset + number - 1),
        };
        let status = if count && number < total { 206 } else { 200 };
        let body: Vec<Value> = rows.iter().map(|row| self.shown(row, &plan.select)).collect();
        Ok(Response::builder()
            .status(status)
            .header("Content-Type", "application/json; charset=utf-8")
            .header("Content-Range", content_range)
            .header("Range-Unit", "items")
            .body(Body::from(Value::Array(body).to_string()))
            .unwrap())
    }

    fn written(
        &self,
        status: StatusCode,
        plan: &Plan,
        rows: Vec<Map<String, Value>>,
        represent: bool,
    ) -> Response {
        if !represent {
            let status = if status == StatusCode::OK { StatusCode::NO_CONTENT } else { status };
            return Response::builder().status(status).body(Body::empty()).unwrap();
        }
        let rows: Vec<Value> = rows.iter().map(|row| self.shown(row, &plan.select)).collect();
        plainly(status, Value::Array(rows).to_string())
    }

    /// The values of a body, as their columns keep them.
    fn checked(&self, row: &Map<String, Value>) -> Answered<Map<String, Value>> {
        let mut stored = Map::new();
        for (column, value) in row {
            let Some(kind) = self.kind(column) else {
                let message = format!(
                    "Could not find the '{column}' column of '{TABLE}' in the schema cache"
                );
                return refuse(400, "PGRST204", &message);
            };
            stored.insert(column.clone(), kind.stored(value, false)?);
        }
        Ok(stored)
    }

    fn insert(&mut self, row: &Map<String, Value>) -> Answered<Map<String, Value>> {
        let given = self.checked(row)?;
        let mut row = Map::new();
        for (column, kind) in &self.columns {
            let default = match (column.as_str(), kind) {
                ("id", Kind::BigInt) => json!(self.next_id),
                ("id", _) => json!(format!("{:08x}-0000-4000-8000-000000000000", self.next_id)),
                ("created_at", _) => json!(self.now_ms * 1_000),
                _ => Value::Null,
            };
            row.insert(column.clone(), given.get(column).cloned().unwrap_or(default));
        }
        self.next_id += 1;
        self.rows.push(row.clone());
        Ok(row)
    }

    fn shown(&self, row: &Map<String, Value>, select: &[String]) -> Value {
        let columns = self.columns.iter();
        let columns =
            columns.filter(|(name, _)| select.is_empty() || select.iter().any(|c| c == name));
        columns
            .filter_map(|(name, kind)| Some((name.clone(), kind.shown(row.get(name)?))))
            .collect::<Map<String, Value>>()
            .into()
    }
}

impl Kind {
    /// How a value is kept: instants as microseconds, rounded as the column says.
    fn stored(self, value: &Value, in_url: bool) -> Answered<Value> {
        let text = plain(value);
        let wrong = |code: &str, name: &str| {
            refuse(400, code, &format!("invalid input syntax for type {name}: \"{text}\""))
        };
        match self {
            _ if value.is_null() && !in_url => Ok(Value::Null),
            Kind::Text => Ok(json!(text)),
            Kind::BigInt => match text.parse::<i64>() {
                Ok(number) => Ok(json!(number)),
                Err(_) => wrong("22P02", "bigint"),
            },
            Kind::Uuid => {
                let is_uuid =
                    text.len() == 36 && text.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
                if is_uuid { Ok(json!(text.to_lowercase())) } else { wrong("22P02", "uuid") }
            }
            Kind::Timestamptz(_) | Kind::Timestamp(_) if text.ends_with("infinity") => {
                Ok(json!(text))
            }
            Kind::Timestamptz(digits) | Kind::Timestamp(digits) => {
                let zoned = chrono::DateTime::parse_from_rfc3339(&text);
                let at = match (zoned, self) {
                    // A plain timestamp does not look at the zone.
                    (Ok(at), Kind::Timestamp(_)) => at.naive_local().and_utc(),
                    (Ok(at), _) => at.to_utc(),
                    (Err(_), _) => match text.parse::<chrono::NaiveDateTime>() {
                        Ok(at) => at.and_utc(),
                        Err(_) => return wrong("22007", "timestamp with time zone"),
                    },
                };
                let unit = 10_i64.pow(6 - digits);
                let micros = at.timestamp_micros();
                Ok(json!((micros + unit / 2).div_euclid(unit) * unit))
            }
        }
    }

    fn shown(self, value: &Value) -> Value {
        let Some(micros) = value
            .as_i64()
            .filter(|_| matches!(self, Kind::Timestamptz(_) | Kind::Timestamp(_)))
        else {
            return value.clone();
        };
        let at = chrono::DateTime::from_timestamp_micros(micros).unwrap();
        let mut text = at.format("%Y-%m-%dT%H:%M:%S").to_string();
        if micros % 1_000_000 != 0 {
            text += format!(".{:06}", micros.rem_euclid(1_000_000)).trim_end_matches('0');
        }
        if matches!(self, Kind::Timestamptz(_)) {
            text += "+00:00";
        }
        json!(text)
    }
}

#[derive(Default)]
struct Plan {
    select: Vec<String>,
    order: Option<(String, bool)>,
    limit: Option<usize>,
    offset: usize,
    filters: Vec<(String, String, Value)>,
    /// Of each of these, one at least must hold.
    any: Vec<Vec<(String, String, Value)>>,
}

impl Plan {
    fn matches(&self, row: &Map<String, Value>) -> bool {
        let holds = |(column, op, operand): &(String, String, Value)| {
            if op == "is" {
                return row[column].is_null();
            }
            let Some(order) = compare(&row[column], operand) else { return false };
            match op.as_str() {
                "eq" => order.is_eq(),
                "neq" => order.is_ne(),
                "gt" => order.is_gt(),
                "gte" => order.is_ge(),
                "lt" => order.is_lt(),
                _ => order.is_le(),
            }
        };
        self.filters.iter().all(holds) && self.any.iter().all(|any| any.iter().any(holds))
    }

    fn must_be_filtered(&self, verb: &str) -> Answered<()> {
        match self.filters.is_empty() {
            true => refuse(400, "21000", &format!("{verb} requires a WHERE clause")),
            false => Ok(()),
        }
    }
}

/// How SQL orders two values; nothing where one is NULL.
fn compare(a: &Value, b: &Value) -> Option<Ordering> {
    let is_endless = |value: &Value| value == "infinity";
    match (a, b) {
        (Value::Null, _) | (_, Value::Null) => None,
        (Value::Number(a), Value::Number(b)) => a.as_i64().partial_cmp(&b.as_i64()),
        (a, _) if is_endless(a) => Some(Ordering::Greater),
        (_, b) if is_endless(b) => Some(Ordering::Less),
        (a, b) => plain(a).partial_cmp(&plain(b)),
    }
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn admit(headers: &HeaderMap) -> Answered<()> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let unauthorized = |body: Value| Err(Refused(StatusCode::UNAUTHORIZED, body));
    match header("apikey") {
        None => unauthorized(json!({
            "message": "No API key found in request",
            "hint": "No `apikey` request header or url param was found.",
        })),
        Some(key) if key != KEY => unauthorized(json!({
            "message": "Invalid API key",
            "hint": "Double check your Supabase `anon` or `service_role` API key.",
        })),
        Some(_) if header("authorization") != Some(&format!("Bearer {KEY}")) => {
            refuse(401, "PGRST301", "JWSError JWSInvalidSignature")
        }
        Some(_) => Ok(()),
    }
}

fn prefers(headers: &HeaderMap, preference: &str) -> bool {
    let prefer = headers.get_all("prefer").iter().filter_map(|value| value.to_str().ok());
    prefer
        .flat_map(|value| value.split(','))
        .any(|one| one.trim() == preference)
}

fn range(headers: &HeaderMap) -> Option<(usize, Option<usize>)> {
    if headers.get("range-unit").is_some_and(|unit| unit != "items") {
        return None;
    }
    let (from, to) = headers.get("range")?.to_str().ok()?.split_once('-')?;
    Some((from.parse().ok()?, to.parse().ok()))
}

fn object(headers: &HeaderMap, body: &[u8]) -> Answered<Map<String, Value>> {
    if headers.get("content-type").is_none_or(|kind| kind != "application/json") {
        return refuse(415, "PGRST107", "Content-Type not acceptable");
    }
    match serde_json::from_slice(body) {
        Ok(object) => Ok(object),
        Err(_) => refuse(400, "PGRST102", "Empty or invalid json"),
    }
}

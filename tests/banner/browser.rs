//! Chromium without a window, spoken to over the two pipes of its DevTools protocol.
//!
//! `./test` installs it where it is missing. A test that needs it and finds none fails.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Longer than anything takes, also on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

/// Where a distribution has it; `CHROMIUM` may name another.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// What a page does before anything of its own: it notes what its policy forbids.
const WITNESS: &str = "window.forbidden = []; addEventListener('securitypolicyviolation', \
     e => forbidden.push(e.violatedDirective + ' ' + e.blockedURI));";

/// A browser with one page, ended with this.
pub(crate) struct Browser {
    child: Child,
    requests: ChildStdin,
    answers: Receiver<Value>,
    session: Option<String>,
    sent: u64,
    /// What was thrown, or logged as an error, since the browser began.
    pub(crate) faults: Vec<String>,
    _profile: TempDir,
}

fn program() -> String {
    let named = std::env::var("CHROMIUM").ok();
    let is_there = |name: &&str| {
        let version = Command::new(name).arg("--version").stderr(Stdio::null()).output();
        version.is_ok_and(|output| output.status.success())
    };
    let found = || NAMES.iter().find(|name| is_there(name)).map(|name| (*name).to_owned());
    named
        .or_else(found)
        .expect("Chromium is needed: apt-get install chromium, or set CHROMIUM")
}

impl Browser {
    /// A new browser that has kept nothing, its page of this many CSS pixels.
    pub(crate) fn open(width: u32, height: u32) -> Browser {
        let profile = TempDir::new().unwrap();
        // Its protocol is on the descriptors 3 and 4.
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$@\" 3<&0 4>&1 </dev/null >/dev/null 2>&1", "sh"])
            .arg(program())
            .args(["--headless", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu"])
            .args(["--no-first-run", "--no-proxy-server", "--disable-background-networking"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .env("TZ", "Europe/Madrid")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let requests = child.stdin.take().unwrap();
        let stdout = child.stdout.take().unwrap();
        let (sender, answers) = channel();
        std::thread::spawn(move || {
            for message in BufReader::new(stdout).split(0) {
                let Ok(message) = message else { return };
                let Ok(message) = serde_json::from_slice(&message) else { return };
                if sender.send(message).is_err() {
                    return;
                }
            }
        });
        let faults = Vec::new();
        let mut browser = Browser {
            child,
            requests,
            answers,
            session: None,
            sent: 0,
            faults,
            _profile: profile,
        };
        let target = browser.call("Target.createTarget", json!({"url": "about:blank"}));
        let attach = json!({"targetId": target["targetId"], "flatten": true});
        let attached = browser.call("Target.attachToTarget", attach);
        browser.session = attached["sessionId"].as_str().map(str::to_owned);
        for domain in ["Page", "Runtime", "Log"] {
            browser.call(&format!("{domain}.enable"), json!({}));
        }
        browser.call("Page.addScriptToEvaluateOnNewDocument", json!({"source": WITNESS}));
        let size =
            json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        browser.call("Emulation.setDeviceMetricsOverride", size);
        browser
    }

    /// Asks something of the browser, or of its page once there is one.
    pub(crate) fn call(&mut self, method: &str, params: Value) -> Value {
        self.sent += 1;
        let id = self.sent;
        let mut request = json!({"id": id, "method": method, "params": params});
        if let Some(session) = &self.session {
            request["sessionId"] = json!(session);
        }
        let mut bytes = serde_json::to_vec(&request).unwrap();
        bytes.push(0);
        self.requests.write_all(&bytes).unwrap();
        loop {
            let message = self.answers.recv_timeout(PATIENCE);
            let mut message = message.unwrap_or_else(|error| panic!("{method}: {error}"));
            if message["id"] == id {
                assert!(message.get("error").is_none(), "{method}: {message}");
                return message["result"].take();
            }
            self.note(&message);
        }
    }

    /// Remembers what went wrong on the page.
    fn note(&mut self, message: &Value) {
        let params = &message["params"];
        match message["method"].as_str() {
            Some("Runtime.exceptionThrown") => {
                self.faults.push(params["exceptionDetails"].to_string());
            }
            Some("Log.entryAdded") if params["entry"]["level"] == "error" => {
                self.faults.push(params["entry"]["text"].to_string());
            }
            _ => {}
        }
    }

    /// Opens an address.
    pub(crate) fn visit(&mut self, url: &str) {
        self.call("Page.navigate", json!({"url": url}));
        self.until(
            "the page is there",
            "location.href != 'about:blank' && document.readyState == 'complete'",
        );
    }

    /// Opens the same address again.
    pub(crate) fn reload(&mut self) {
        self.eval("window.isOld = true");
        self.call("Page.reload", json!({}));
        self.until(
            "the page is there again",
            "!window.isOld && document.readyState == 'complete'",
        );
    }

    /// What an expression comes to on the page.
    pub(crate) fn eval(&mut self, expression: &str) -> Value {
        let ask =
            json!({"expression": expression, "returnByValue": true, "awaitPromise": true});
        let mut answer = self.call("Runtime.evaluate", ask);
        assert!(answer.get("exceptionDetails").is_none(), "{expression}: {answer}");
        answer["result"]["value"].take()
    }

    /// What an expression comes to, as text.
    pub(crate) fn text(&mut self, expression: &str) -> String {
        let value = self.eval(expression);
        value.as_str().unwrap_or_else(|| panic!("{expression}: {value}")).to_owned()
    }

    /// Waits until an expression is true; how long that took.
    pub(crate) fn until(&mut self, what: &str, expression: &str) -> Duration {
        let began = Instant::now();
        while self.eval(expression) != json!(true) {
            assert!(began.elapsed() < PATIENCE, "{what} never came true");
            std::thread::sleep(Duration::from_millis(20));
        }
        began.elapsed()
    }

    /// What the page has for somebody who prefers this: a feature of a media query.
    pub(crate) fn prefer(&mut self, feature: &str, value: &str) {
        let features = json!({"features": [{"name": feature, "value": value}]});
        self.call("Emulation.setEmulatedMedia", features);
    }

    /// Presses a key, as a keyboard does.
    pub(crate) fn press(&mut self, key: &str, code: u32) {
        let text = if key == "Enter" { "\r" } else { "" };
        for kind in ["keyDown", "keyUp"] {
            let event = json!({"type": kind, "key": key, "code": key, "text": text,
                "windowsVirtualKeyCode": code});
            self.call("Input.dispatchKeyEvent", event);
        }
    }

    /// The page as a picture, kept where `BANNER_PICTURES` names a folder.
    pub(crate) fn picture(&mut self, name: &str) {
        let Ok(folder) = std::env::var("BANNER_PICTURES") else { return };
        let picture = self.call("Page.captureScreenshot", json!({"format": "png"}));
        let png = STANDARD.decode(picture["data"].as_str().unwrap()).unwrap();
        std::fs::write(format!("{folder}/{name}.png"), png).unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Its pipes are closed with it; it ends its own children then.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

//! Where the maintenance table of Supabase is, from the variables that its own tools use.

use super::environment::Environment;
use crate::supabase::settings::Settings;

/// The project's address.
const URL: &str = "SUPABASE_URL";
/// The project's secret key.
const KEY: &str = "SUPABASE_SERVICE_KEY";

/// The project that the environment, or `.env`, names.
///
/// # Errors
/// A sentence that says which variable is missing or wrong. It never has the key.
pub fn supabase(environment: &Environment) -> Result<Settings, String> {
    if let Some(mistake) = environment.mistakes().first() {
        return Err(mistake.to_string());
    }
    Settings::new(environment.value(URL)?, environment.value(KEY)?)
}

//! Plans and outcomes as JSON: a contract with a schema.
//!
//! The structs here are frozen: fields are added, never changed, so they are not
//! the planner's own types. `format_version` rises only when that has to be broken.

mod explain;
mod export;
mod import;
mod outcome;
mod plan;
mod shapes;

pub use explain::explain;
pub use export::{Proof, export};
pub use import::import;
pub use outcome::outcome;
pub use plan::{plan, seats_alone as seats};

use schemars::{JsonSchema, generate::SchemaSettings};
use serde::Serialize;
use serde_json::{Value, json};

use super::neutral;

/// The version of both formats.
const FORMAT_VERSION: u32 = 1;

/// The JSON Schema (2020-12) of [`plan`]'s output.
pub fn plan_schema() -> String {
    schema::<plan::Report<'static>>("Dialform plan")
}

/// The JSON Schema (2020-12) of [`outcome`]'s output.
pub fn outcome_schema() -> String {
    schema::<outcome::Report<'static>>("Dialform outcome")
}

/// The JSON Schema (2020-12) of [`import`]'s output.
pub fn import_schema() -> String {
    schema::<import::Report<'static>>("Dialform import")
}

/// The JSON Schema (2020-12) of [`export`]'s output.
pub fn export_schema() -> String {
    schema::<export::Report<'static>>("Dialform export")
}

fn schema<T: JsonSchema>(title: &str) -> String {
    let root = SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<T>();
    let mut schema = json!({ "$schema": root.get("$schema"), "title": title });
    let mut rest = root.to_value();
    drop_formats(&mut rest);
    if let (Value::Object(schema), Value::Object(rest)) = (&mut schema, rest) {
        for (key, value) in rest {
            schema.entry(key).or_insert(value);
        }
    }
    format!("{schema:#}\n")
}

/// `uint32` and the like are Rust's, and strict validators stumble over them.
fn drop_formats(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            if members.get("format").is_some_and(Value::is_string) {
                members.shift_remove("format");
            }
            members.values_mut().for_each(drop_formats);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_formats),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Indented JSON without a character that a terminal would obey.
fn pretty<T: Serialize>(report: &T) -> String {
    let mut text = serde_json::to_string_pretty(report).expect("texts, numbers and maps of them are always JSON");
    text.push('\n');
    neutral::json(text)
}

#[cfg(test)]
mod tests;

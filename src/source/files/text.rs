//! A file's text: bounded, and UTF-8 or a word about what it is instead.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use super::report::Report;
use crate::names::{Place, Text, near_miss};

/// How a file is written, by the end of its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// A header and rows.
    Csv,
    /// A list of objects.
    Json,
    /// An object a line.
    JsonLines,
    /// A list of maps.
    Yaml,
}

impl Format {
    /// The format of a file name.
    fn of(path: &str) -> Option<Self> {
        let extension = Path::new(path).extension()?.to_str()?.to_ascii_lowercase();
        match extension.as_str() {
            "csv" | "tsv" => Some(Format::Csv),
            "json" => Some(Format::Json),
            "jsonl" | "ndjson" => Some(Format::JsonLines),
            "yaml" | "yml" => Some(Format::Yaml),
            _ => None,
        }
    }

    /// The largest file, in MiB. YAML takes thirty times the memory of its text.
    fn max_mebibytes(self) -> u64 {
        match self {
            Format::Csv | Format::Json | Format::JsonLines => 256,
            Format::Yaml => 16,
        }
    }
}

/// A file that was read.
#[derive(Debug)]
pub(super) struct Input {
    /// Its name.
    pub(super) file: Text,
    /// How it is written.
    pub(super) format: Format,
    /// Its text, a byte-order mark included.
    pub(super) text: String,
}

impl Input {
    /// Where the text begins: behind a byte-order mark.
    pub(super) fn start(&self) -> usize {
        if self.text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 }
    }
}

/// Opens and reads a file that the manifest names at `named`.
pub(super) fn open(file: &Text, named: &Place, report: &mut Report) -> Option<Input> {
    let help = format!("the file is named at {named}");
    let Some(format) = Format::of(file) else {
        let message = "the file's name does not say how it is written";
        let help = format!("expected a name that ends in .csv, .json, .jsonl or .yaml; {help}");
        report.error("unknown_format", file, 0..0, message, |problem| problem.help(help));
        return None;
    };
    let limit = format.max_mebibytes() << 20;
    let bytes = match bytes(Path::new(&**file), limit) {
        Ok(bytes) => bytes,
        Err(error) => {
            let near = (error.kind() == io::ErrorKind::NotFound).then(|| sibling(file)).flatten();
            let near = near.map_or_else(String::new, |name| format!("did you mean `{name}`? "));
            let message = format!("the file cannot be read: {error}");
            report.error("unreadable", file, 0..0, message, |problem| problem.help(format!("{near}{help}")));
            return None;
        }
    };
    if bytes.len() as u64 > limit {
        let message = format!("the file is larger than {} MiB", format.max_mebibytes());
        let help = match format {
            Format::Csv | Format::Json | Format::JsonLines => "leave out columns that the manifest does not use",
            Format::Yaml => "write people in CSV or JSON Lines, which may be larger",
        };
        report.error("too_large", file, 0..0, message, |problem| problem.help(help));
        return None;
    }
    decode(file, format, bytes, report)
}

fn bytes(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    let mut bytes = Vec::new();
    bytes.reserve_exact(usize::try_from(length.min(limit)).unwrap_or(0) + 1);
    // One more than is allowed, so that a pipe or a growing file is found out as well.
    file.take(limit + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A file of the same folder with nearly the same name.
fn sibling(file: &str) -> Option<String> {
    let path = Path::new(file);
    let name = path.file_name()?.to_str()?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let entries = folder.read_dir().ok()?.filter_map(Result::ok).take(1_000);
    let names: Vec<String> = entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
    near_miss(name, names.iter().map(String::as_str)).map(str::to_owned)
}

fn decode(file: &Text, format: Format, bytes: Vec<u8>, report: &mut Report) -> Option<Input> {
    let save_as = "save it as UTF-8; in Excel: \"CSV UTF-8 (Comma delimited)\"";
    let is_utf16 = bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]);
    let nul = bytes.iter().position(|byte| *byte == 0);
    // Text in Latin letters has a NUL in every other byte of UTF-16.
    if is_utf16 || nul.is_some_and(|at| at < 2) {
        let message = "the file is not UTF-8; it looks like UTF-16 (Excel's \"Unicode Text\")";
        report.error("not_utf8", file, 0..0, message, |problem| problem.help(save_as));
        return None;
    }
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let mut bytes = error.into_bytes();
            let byte = bytes[at];
            bytes.truncate(at);
            let message = format!("the file is not UTF-8: the byte {byte:#04x} has no meaning there");
            let help = format!("it looks like Latin-1 (Windows-1252); {save_as}");
            report.error("not_utf8", file, at..at, message, |problem| problem.help(help));
            report.keep_text(file, String::from_utf8(bytes).unwrap_or_default());
            return None;
        }
    };
    if let Some(at) = nul {
        let message = "the file holds a NUL character: it is not text";
        report.error("not_text", file, at..at + 1, message, |problem| problem.help(save_as));
        report.keep_text(file, text);
        return None;
    }
    Some(Input { file: file.clone(), format, text })
}

//! Paths as text: a path in a manifest is relative to the file that names it.

/// The folder of a file, empty for the current one.
pub fn folder(file: &str) -> &str {
    file.rfind(['/', '\\']).map_or("", |slash| &file[..slash.max(1)])
}

/// A path that stands in `file`, as the command can open it.
pub fn resolved(file: &str, path: &str) -> String {
    joined(folder(file), path)
}

/// A path below a folder, without `.` and inner `..`.
pub fn joined(folder: &str, path: &str) -> String {
    if is_absolute(path) {
        return path.to_owned();
    }
    let whole = if folder.is_empty() { path.to_owned() } else { format!("{folder}/{path}") };
    let root = if whole.starts_with('/') { "/" } else { "" };
    let mut parts: Vec<&str> = Vec::new();
    for part in whole.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => {
                parts.pop();
            }
            ".." if !root.is_empty() => {}
            part => parts.push(part),
        }
    }
    let joined = format!("{root}{}", parts.join("/"));
    if joined.is_empty() { ".".to_owned() } else { joined }
}

/// The path by which a file in `folder` names `path`; `path` itself where there is none.
pub fn seen_from(folder: &str, path: &str) -> String {
    let folder = if folder.is_empty() { String::new() } else { joined("", folder) };
    if is_absolute(path) != is_absolute(&folder) {
        return path.to_owned();
    }
    let (from, to): (Vec<&str>, Vec<&str>) =
        (folder.split('/').filter(|part| !part.is_empty()).collect(), path.split('/').collect());
    let common = from.iter().zip(&to).take_while(|(one, two)| one == two).count();
    // Where a folder above the current one is in the way its name is not known.
    if from[common..].contains(&"..") {
        return path.to_owned();
    }
    let up = from[common..].iter().map(|_| "..");
    let path = up.chain(to[common..].iter().copied()).collect::<Vec<_>>().join("/");
    if path.is_empty() { ".".to_owned() } else { path }
}

fn is_absolute(path: &str) -> bool {
    let drive = path.as_bytes().get(1) == Some(&b':') && path.as_bytes()[0].is_ascii_alphabetic();
    path.starts_with(['/', '\\']) || drive
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_relative_to_the_file_that_names_it() {
        assert_eq!(resolved("dialform.yaml", "people.csv"), "people.csv");
        assert_eq!(resolved("./conf/dialform.yaml", "../people.csv"), "people.csv");
        assert_eq!(resolved("../a/b.yaml", "../../c/d"), "../../c/d");
        assert_eq!(resolved("/etc/d.yaml", "x/./y"), "/etc/x/y");
        assert_eq!(resolved("/d.yaml", "../x"), "/x");
        assert_eq!(resolved("conf/d.yaml", "/abs"), "/abs");
    }

    #[test]
    fn a_path_is_seen_from_another_folder() {
        assert_eq!(seen_from("", "people.csv"), "people.csv");
        assert_eq!(seen_from("conf", "conf/people.csv"), "people.csv");
        assert_eq!(seen_from("conf/a", "conf/people.csv"), "../people.csv");
        assert_eq!(seen_from("conf", "shared/x"), "../shared/x");
        assert_eq!(seen_from("conf", "/abs/x"), "/abs/x");
        assert_eq!(seen_from("../conf", "x"), "x");
    }
}

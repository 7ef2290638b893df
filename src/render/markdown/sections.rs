//! Folded sections that share what space there is.

use crate::render::phrase::digits;

/// A section: a title and its entries, each made only when there is space for it.
pub(super) struct Section<'a> {
    /// Words of ours, nothing foreign.
    pub(super) title: String,
    /// Whether it is open when the comment is seen first.
    pub(super) open: bool,
    pub(super) entries: Vec<Entry<'a>>,
}

/// One entry: whole lines of a Markdown list, without a line end.
pub(super) type Entry<'a> = Box<dyn Fn() -> String + 'a>;

/// What stands around the entries of a section, at most.
const FRAME: usize = 120;

/// Writes as many entries as fit into `space` characters, sharing it fairly; how many were cut.
pub(super) fn write(out: &mut String, sections: &[Section], space: usize) -> usize {
    let fixed: usize = sections.iter().map(|section| section.title.chars().count() + FRAME).sum();
    let space = space.saturating_sub(fixed);
    let made: Vec<Vec<String>> = sections.iter().map(|section| fill(&section.entries, space)).collect();
    let sizes: Vec<usize> = made.iter().map(|entries| entries.iter().map(|entry| size(entry)).sum()).collect();
    let most = level(&sizes, space);
    let mut cut = 0;
    for (section, entries) in sections.iter().zip(made) {
        let open = if section.open { " open" } else { "" };
        out.push_str(&format!("<details{open}><summary>{}</summary>\n\n", section.title));
        let (mut used, mut shown) = (0, 0);
        for entry in entries {
            used += size(&entry);
            if used > most {
                break;
            }
            out.push_str(&entry);
            out.push('\n');
            shown += 1;
        }
        let rest = section.entries.len() - shown;
        if rest > 0 {
            out.push_str(&format!("- … and {} more, not shown here\n", digits(rest)));
            cut += rest;
        }
        out.push_str("\n</details>\n\n");
    }
    cut
}

/// The first entries that fit when this section has all the space.
fn fill(entries: &[Entry], space: usize) -> Vec<String> {
    let mut used = 0;
    let mut made = Vec::new();
    for entry in entries {
        let entry = entry();
        used += size(&entry);
        // The one that is too much is kept, so that the size shows that something was cut.
        made.push(entry);
        if used > space {
            break;
        }
    }
    made
}

fn size(entry: &str) -> usize {
    entry.chars().count() + 1
}

/// The most that each section may take, so that all together take no more than
/// `space`: small ones whole, large ones the same.
fn level(sizes: &[usize], space: usize) -> usize {
    let mut sorted = sizes.to_vec();
    sorted.sort_unstable();
    let mut left = space;
    for (at, size) in sorted.iter().enumerate() {
        let share = left / (sorted.len() - at);
        if *size > share {
            return share;
        }
        left -= size;
    }
    usize::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_sections_are_whole_and_large_ones_share_the_rest() {
        assert_eq!(level(&[10, 20, 30], 100), usize::MAX);
        assert_eq!(level(&[10, 500, 700], 110), 50);
        assert_eq!(level(&[200, 200], 100), 50);
        assert_eq!(level(&[], 100), usize::MAX);
    }
}

//! Seats by office and licence: free before, needed, freed, free after.

use super::{Page, View, page::padding, paint::Ink};
use crate::{
    names::count,
    plan::{Plan, SeatLine},
    render::neutral,
};

/// The seats alone, for `dialform seats`.
pub fn seats(plan: &Plan, view: &View) -> String {
    let mut page = Page::new(view);
    if plan.seats.is_empty() {
        page.line("no seats were read: the manifest names no admin API, or it did not tell", "");
    }
    write(&mut page, &plan.seats);
    page.finish()
}

/// The table, and what is missing or unused under it.
pub(super) fn write(page: &mut Page, seats: &[SeatLine]) {
    if seats.is_empty() {
        return;
    }
    page.heading(Ink::Heading, "Seats", "");
    let head = ["office", "licence", "free", "needed", "freed", "free after"].map(str::to_owned);
    let rows: Vec<[String; 6]> = seats.iter().map(cells).collect();
    let width =
        |column: usize| rows.iter().chain([&head]).map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |row: &[String; 6]| {
        let mut text = String::from(" ");
        for (column, cell) in row.iter().enumerate() {
            let pad = padding(cell, widths[column]);
            text.push_str(&if column < 2 { format!(" {cell}{pad}") } else { format!("  {pad}{cell}") });
        }
        text.trim_end().to_owned()
    };
    page.line(&page.paint.ink(Ink::Aside, line(&head)), "");
    for (row, seat) in rows.iter().zip(seats) {
        let ink = match (seat.missing, seat.free_after) {
            (1.., _) | (_, ..0) => Some(Ink::Warning),
            (0, _) => None,
        };
        let aside = aside(seat);
        let text = line(row);
        page.line(&ink.map_or(text.clone(), |ink| page.paint.ink(ink, text)), &aside);
    }
}

fn cells(seat: &SeatLine) -> [String; 6] {
    let SeatLine { office, license, free_before, needed, freed, free_after, missing: _ } = seat;
    let number = |n: u64| if n == 0 { "-".to_owned() } else { n.to_string() };
    [
        neutral::line(office).into_owned(),
        neutral::line(license.product()).into_owned(),
        free_before.to_string(),
        number(*needed),
        number(*freed),
        free_after.to_string(),
    ]
}

fn aside(seat: &SeatLine) -> String {
    let count = |n: u64, one, many| count(usize::try_from(n).unwrap_or(usize::MAX), one, many);
    match (seat.missing, seat.free_after) {
        (0, after @ ..0) => format!("{} may be billed", count(after.unsigned_abs(), "seat", "seats")),
        (0, _) => String::new(),
        (missing, _) => format!("{} held for want of a seat", count(missing, "change is", "changes are")),
    }
}

//! Writes `examples/contact-center/people.csv`: 300 invented people in three cities.
//! The same bytes each time: `cargo run --example contact-center`.

const GIVEN: [&str; 20] = [
    "Ada", "Ben", "Chloe", "Daniel", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jonas", "Kemi", "Lars", "Mira", "Nils",
    "Olga", "Pablo", "Rosa", "Samir", "Tove", "Yara",
];
const FAMILY: [&str; 15] = [
    "Adler", "Brook", "Costa", "Dorn", "Ekberg", "Frost", "Glover", "Hale", "Ivers", "Jansen", "Klein", "Lund", "Moss",
    "Novak", "Okoye",
];

/// A team: the group's name, the city, agents, seniors among them, leads.
const TEAMS: [(&str, &str, usize, usize, usize); 6] = [
    ("Support-EMEA", "LON", 60, 10, 3),
    ("Sales-UK", "LON", 40, 8, 2),
    ("Priority", "LON", 12, 6, 1),
    ("Support-DE", "BER", 44, 8, 2),
    ("Support-US", "NYC", 50, 10, 2),
    ("Billing", "NYC", 30, 4, 2),
];

/// Staff outside of the contact centers, by city.
const STAFF: [(&str, usize); 3] = [("LON", 30), ("BER", 12), ("NYC", 10)];

/// The directory as CSV.
pub fn people() -> String {
    let mut csv =
        "objectId,userPrincipalName,givenName,surname,displayName,city,jobTitle,accountEnabled,groups\n".to_owned();
    let mut number = 0;
    let mut add = |city: &str, title: &str, groups: &[String]| {
        let (given, family) = (GIVEN[number % 20], FAMILY[number / 20]);
        number += 1;
        let address = format!("{}.{}@acme.example", given.to_lowercase(), family.to_lowercase());
        let groups = std::iter::once("SG-Dialpad".to_owned()).chain(groups.iter().cloned()).collect::<Vec<_>>();
        csv.push_str(&format!(
            "p{number:03},{address},{given},{family},{given} {family},{city},{title},TRUE,{}\n",
            groups.join(";")
        ));
    };
    for (team, city, agents, seniors, leads) in TEAMS {
        for lead in 0..leads {
            let _ = lead;
            add(city, "Team lead", &[format!("CC-{team}-Leads")]);
        }
        for agent in 0..agents {
            let (title, group) = match agent < seniors {
                true => ("Senior agent", format!("CC-{team}-Senior")),
                false => ("Agent", format!("CC-{team}")),
            };
            add(city, title, &[group]);
        }
    }
    for (city, staff) in STAFF {
        for person in 0..staff {
            let mut groups = vec!["SG-Staff".to_owned()];
            let title = match (city, person) {
                ("LON", 0 | 1) => {
                    groups.push("SG-Dialpad-Admins".to_owned());
                    "IT administrator"
                }
                ("LON", 2..=6) => {
                    groups.push("SG-Front-Desk".to_owned());
                    "Front desk"
                }
                _ => "Staff",
            };
            add(city, title, &groups);
        }
    }
    csv
}

#[cfg(not(test))]
fn main() -> std::io::Result<()> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/contact-center");
    std::fs::write(folder.join("people.csv"), people())
}

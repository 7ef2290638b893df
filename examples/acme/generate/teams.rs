//! The groups: who works together, and which groups lie in others.

use serde_json::{Value, json};

use super::{
    names::DEPARTMENTS,
    people::{Dice, Kind, Person},
};

const REGIONS: [&str; 3] = ["EMEA", "AMER", "APAC"];
const RECEPTIONS: [&str; 8] = ["London", "Berlin", "Paris", "Madrid", "New York", "São Paulo", "Tokyo", "Sydney"];

/// All 40 groups.
pub fn json(people: &[Person]) -> String {
    let mut teams = Teams { people, dice: Dice::new(40), groups: Vec::new() };
    let heads = DEPARTMENTS.len();
    teams.add("SG-Executives", "Whoever answers to the board", &[], |number, _| number <= heads);
    for department in ["Sales", "Support"] {
        for region in REGIONS {
            let name = format!("SG-{department}-{region}");
            teams.add(&name, &format!("{department} in {region}"), &[], |_, person| {
                person.department.name == department && person.city.region == region && person.kind != Kind::Guest
            });
        }
        let parts: Vec<String> = REGIONS.iter().map(|region| format!("SG-{department}-{region}")).collect();
        teams.add(&format!("SG-{department}"), &format!("{department}, by region"), &parts, |_, _| false);
        teams.add(&format!("SG-{department}-Leads"), "Team leads", &[], |_, person| {
            person.lead && person.department.name == department
        });
    }
    for department in ["Engineering", "Operations", "Marketing", "Finance", "People", "Legal", "IT"] {
        teams.add(&format!("SG-{department}"), department, &[], |_, person| person.department.name == department);
    }
    teams.add("SG-Engineering-OnCall", "Carries the pager", &[], |number, person| {
        person.department.name == "Engineering" && number % 5 == 0
    });
    teams.add("SG-Contractors", "Everybody without a contract of employment", &[], |_, person| {
        person.kind == Kind::Contractor
    });
    teams.add("SG-Contractors-Dialpad", "Contractors who asked for a seat", &[], |number, person| {
        person.kind == Kind::Contractor && (person.approved || number % 7 == 0)
    });
    teams.add("SG-Interns", "For a summer", &[], |_, person| person.kind == Kind::Intern);
    teams.add("SG-Guests", "Of other companies", &[], |_, person| person.kind == Kind::Guest);
    for city in RECEPTIONS {
        let name = format!("SG-Reception-{}", city.replace(' ', "-"));
        teams.add(&name, &format!("The desk in {city}"), &[], |_, person| {
            person.city.name == city && person.title == "Receptionist"
        });
    }
    let desks: Vec<String> = RECEPTIONS.iter().map(|city| format!("SG-Reception-{}", city.replace(' ', "-"))).collect();
    teams.add("SG-Reception", "All desks", &desks, |_, _| false);
    // Two projects that lie in each other: somebody meant well.
    teams
        .add("SG-Project-Aurora", "Northern lights", &["SG-Project-Borealis".to_owned()], |number, _| number % 83 == 0);
    teams.add("SG-Project-Borealis", "Northern lights, too", &["SG-Project-Aurora".to_owned()], |number, _| {
        number % 89 == 0
    });
    teams.add("SG-Works-Council", "Elected in Berlin", &[], |number, person| {
        person.city.name == "Berlin" && number % 31 == 0
    });
    teams.add("SG-Emergency-Line", "Answers at night", &[], |number, person| {
        person.department.name == "Support" && number % 37 == 0
    });
    teams.add("SG-Dialpad-Pilot", "Goes first", &[], |number, person| {
        matches!(person.department.name, "Marketing" | "Finance") && number % 9 == 0
    });
    teams.add("SG-Empty", "Nobody yet", &[], |_, _| false);
    teams.add("Größe & Qualität <intern>", "Not a security group", &[], |number, _| number % 211 == 0);
    let all = ["SG-Sales".to_owned(), "SG-Support".to_owned(), "SG-Reception".to_owned()];
    teams.add("Sales | Support | \"Reception\"", "For the newsletter", &all, |_, _| false);
    teams.text()
}

struct Teams<'a> {
    people: &'a [Person],
    dice: Dice,
    groups: Vec<Value>,
}

impl Teams<'_> {
    fn add(&mut self, name: &str, description: &str, nested: &[String], belongs: impl Fn(usize, &Person) -> bool) {
        let belongs = |(number, person): (usize, &Person)| belongs(number, person).then(|| person.user_name.clone());
        let members: Vec<String> = self.people.iter().enumerate().filter_map(belongs).collect();
        self.groups.push(json!({
            "displayName": name,
            "objectId": self.dice.guid(),
            "description": description,
            "securityEnabled": name.starts_with("SG-"),
            "members": members,
            "groups": nested,
        }));
    }

    /// A group a paragraph, a member a line: a change is one line of a diff.
    fn text(self) -> String {
        let mut text = serde_json::to_string_pretty(&self.groups).unwrap_or_default();
        text.push('\n');
        text
    }
}

//! The Dialpad that the company finds: accounts that an earlier connector made,
//! accounts that people made by hand, strangers, and groups.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::{
    names::CITIES,
    people::{Dice, Kind, Person},
};

const ENTERPRISE: &str = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User";

/// A seed for `dialform sandbox --seed`.
pub fn json(people: &[Person]) -> String {
    let mut dice = Dice::new(7);
    let mut resources = Vec::new();
    let known: HashSet<usize> = (0..people.len()).filter(|number| is_known(*number, &people[*number])).collect();
    for (number, person) in people.iter().enumerate().filter(|(_, person)| is_staff(person)) {
        let seated = is_seated(person);
        if known.contains(&number) {
            resources.push(known_account(number, person, &known, &mut dice));
        } else if seated && number % 23 == 0 {
            resources.push(handmade_account(person));
        } else if let Some(former) = person.former_address.as_ref().filter(|_| seated && number % 4 == 0) {
            // Renamed since: the account still has the old address.
            resources.push(json!({ "userName": former, "active": true, "displayName": person.display }));
        }
    }
    // Left before the files began; the earlier connector never noticed.
    for number in 0..15 {
        let mut account = stranger(number, "left", &mut dice);
        account["externalId"] = json!(dice.guid());
        resources.push(account);
    }
    for number in 0..340 {
        resources.push(stranger(number, "guest", &mut dice));
    }
    for number in 0..24 {
        resources.push(json!({
            "userName": format!("room-{number:02}@acme.example"),
            "displayName": format!("Meeting room {number:02}"),
            "active": true,
        }));
    }
    resources.push(json!({ "userName": "board@example.com", "displayName": "The board's telephone", "active": true }));
    resources.extend(groups(people));
    let mut text = "{\n\"Resources\": [\n".to_owned();
    let lines: Vec<String> = resources.iter().map(Value::to_string).collect();
    text += &lines.join(",\n");
    text + "\n]\n}\n"
}

fn is_staff(person: &Person) -> bool {
    matches!(person.kind, Kind::Employee | Kind::Contractor)
}

fn is_seated(person: &Person) -> bool {
    matches!(person.department.name, "Sales" | "Support")
}

/// Whether the earlier connector knew the person.
fn is_known(number: usize, person: &Person) -> bool {
    let gone = !person.enabled || person.deleted;
    match person.department.name {
        "Sales" | "Support" => is_staff(person) && (number.is_multiple_of(3) || gone || person.lead),
        // Had accounts once, and nobody took them away.
        "Engineering" => is_staff(person) && number.is_multiple_of(61),
        "Legal" => is_staff(person) && number.is_multiple_of(5),
        _ => false,
    }
}

/// An account that carries the person's id, as the last plan would have left it; one
/// in eight was changed by hand, and a few were suspended by somebody.
fn known_account(number: usize, person: &Person, known: &HashSet<usize>, dice: &mut Dice) -> Value {
    let id = |number: usize| format!("6{number:015}");
    let name = person.provisioned_name();
    let digits: String = person.phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    let mut account = json!({
        "id": id(number),
        "userName": name,
        "externalId": person.id,
        "active": !number.is_multiple_of(97),
        "displayName": if person.kind == Kind::Contractor { format!("{} (ext)", person.display) } else { person.display.clone() },
        "name": { "givenName": person.given, "familyName": if person.surname.is_empty() { "-" } else { &person.surname } },
        "emails": [{ "type": "work", "value": name, "primary": true }],
        "preferredLanguage": person.city.language,
    });
    if !person.title.is_empty() {
        account["title"] = json!(person.title);
    }
    if !digits.is_empty() {
        account["phoneNumbers"] = json!([{ "type": "work", "value": digits }]);
    }
    account[ENTERPRISE] = json!({
        "department": person.department.name,
        "employeeNumber": person.employee_id,
        "costCenter": &person.cost_center[3..],
    });
    if let Some(manager) = person.manager.filter(|manager| known.contains(manager)) {
        account[ENTERPRISE]["manager"] = json!({ "value": id(manager) });
    }
    if dice.below(8) == 0 {
        account["title"] = json!("Somebody (changed by hand)");
        account["nickName"] = json!("kept as it is");
    }
    account
}

/// An account that somebody made in the web interface: no id of ours.
fn handmade_account(person: &Person) -> Value {
    json!({
        "userName": person.provisioned_name().to_uppercase().replace("@ACME.EXAMPLE", "@acme.example"),
        "active": true,
        "displayName": person.given,
        "name": { "givenName": person.given },
        "emails": [{ "type": "work", "value": person.provisioned_name(), "primary": true }],
    })
}

fn stranger(number: usize, what: &str, dice: &mut Dice) -> Value {
    let city = dice.pick(&CITIES);
    let (given, surname) = (*dice.pick(city.given), *dice.pick(city.surnames));
    let name = format!("{what}{number:03}@example.com");
    json!({
        "userName": name,
        "active": dice.below(9) != 0,
        "displayName": format!("{given} {surname}"),
        "name": { "givenName": given, "familyName": surname },
        "emails": [{ "type": "work", "value": name, "primary": true }],
    })
}

/// Groups that are there already: one of ours with two too many in it, two of strangers.
fn groups(people: &[Person]) -> [Value; 3] {
    let known = people.iter().enumerate().filter(|(number, person)| {
        person.department.name == "Support" && number % 3 == 0 && person.lead && person.kind == Kind::Employee
    });
    let mut leads: Vec<Value> = known.map(|(_, person)| json!({ "value": person.provisioned_name() })).collect();
    leads.extend([json!({ "value": "guest001@example.com" }), json!({ "value": "guest002@example.com" })]);
    let rooms: Vec<Value> =
        (0..24).map(|number| json!({ "value": format!("room-{number:02}@acme.example") })).collect();
    [
        json!({ "displayName": "SG-Support-Leads", "members": leads }),
        json!({ "displayName": "Meeting rooms", "members": rooms }),
        json!({ "displayName": "Emergency line", "members": [{ "value": "guest003@example.com" }] }),
    ]
}

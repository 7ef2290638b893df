//! The people, one after the other from one seed.

use std::collections::HashSet;

use super::names::{CITIES, City, DEPARTMENTS, Department, ODD};

/// How many there are.
const PEOPLE: usize = 2_000;

/// Numbers that are the same each time (SplitMix64).
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[(self.next() % items.len() as u64) as usize]
    }

    /// A random GUID (RFC 9562 §5.4).
    pub fn guid(&mut self) -> String {
        let (a, b) = (self.next(), self.next());
        format!(
            "{:08x}-{:04x}-4{:03x}-{:04x}-{:012x}",
            a >> 32,
            (a >> 16) & 0xffff,
            a & 0xfff,
            0x8000 | ((b >> 48) & 0x3fff),
            b & 0xffff_ffff_ffff
        )
    }
}

/// What somebody is to the company.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Employee,
    Contractor,
    Intern,
    Guest,
}

pub struct Person {
    pub id: String,
    /// As the directory has it; a guest's with `#EXT#`.
    pub user_name: String,
    pub display: String,
    pub given: String,
    pub surname: String,
    pub kind: Kind,
    pub department: &'static Department,
    pub title: String,
    pub city: &'static City,
    pub enabled: bool,
    pub deleted: bool,
    /// The number of the manager.
    pub manager: Option<usize>,
    pub phone: String,
    pub mobile: String,
    pub employee_id: String,
    pub cost_center: String,
    /// Whether somebody allowed a contractor a seat (`extensionAttribute1`).
    pub approved: bool,
    pub former_address: Option<String>,
    pub lead: bool,
}

impl Person {
    /// The name that provisioning uses.
    pub fn provisioned_name(&self) -> String {
        match self.user_name.split_once("#EXT#") {
            Some((home, _)) => home.replacen("_example.com", "@example.com", 1),
            None => self.user_name.clone(),
        }
    }
}

/// Everybody, in the order of the file.
pub fn people() -> Vec<Person> {
    let mut dice = Dice::new(2027);
    let mut taken = HashSet::new();
    let mut people: Vec<Person> = Vec::with_capacity(PEOPLE);
    let heads = DEPARTMENTS.len();
    for number in 0..PEOPLE {
        let city = dice.pick(&CITIES);
        let department = match number {
            0 => &DEPARTMENTS[3],
            _ if number <= heads => &DEPARTMENTS[number - 1],
            _ => department(&mut dice),
        };
        let kind = match dice.below(100) {
            _ if number <= heads => Kind::Employee,
            0..=9 => Kind::Contractor,
            10..=12 => Kind::Intern,
            13 => Kind::Guest,
            _ => Kind::Employee,
        };
        let odd = (number > 100).then(|| ODD.get((number - 101) / 97).filter(|_| (number - 101) % 97 == 0)).flatten();
        let (given, surname, display) = match odd {
            Some((given, surname, display)) => ((*given).to_owned(), (*surname).to_owned(), (*display).to_owned()),
            None => ordinary(number, city, &mut dice),
        };
        let lead = number > heads && number % 12 == 0 && kind == Kind::Employee;
        let local = if number == 0 { "ceo".to_owned() } else { local_part(&given, &surname, kind, &mut taken, number) };
        let user_name = match kind {
            Kind::Guest => format!("{local}_example.com#EXT#@acme.example"),
            // The company that was bought last year kept its domain.
            Kind::Employee if city.name == "Sydney" => format!("{local}@example.com"),
            Kind::Employee | Kind::Contractor | Kind::Intern => format!("{local}@acme.example"),
        };
        let title = match number {
            0 => "Chief Executive Officer".to_owned(),
            _ if number <= heads => department.head.to_owned(),
            _ if lead => format!("{} Team Lead", department.name),
            _ if dice.below(40) == 0 => String::new(),
            _ => (*dice.pick(&department.titles)).to_owned(),
        };
        let manager = manager(number, lead, department, &people);
        people.push(Person {
            id: dice.guid(),
            user_name,
            display,
            given,
            surname,
            kind,
            department,
            title,
            city,
            enabled: number <= heads || dice.below(100) >= 3,
            deleted: number > heads && dice.below(100) == 0,
            manager,
            phone: if dice.below(10) == 0 {
                String::new()
            } else {
                format!("{}{:06}", city.dialling, dice.below(1_000_000))
            },
            mobile: if dice.below(3) == 0 {
                format!("{}9{:05}", city.dialling, dice.below(100_000))
            } else {
                String::new()
            },
            employee_id: if kind == Kind::Guest { String::new() } else { format!("{number:06}") },
            cost_center: format!("CC-{}{:02}", &city.region[..1], dice.below(40)),
            approved: kind == Kind::Contractor && dice.below(3) == 0,
            former_address: (dice.below(25) == 0).then(|| format!("{local}.old@acme.example")),
            lead,
        });
    }
    people
}

fn department(dice: &mut Dice) -> &'static Department {
    let mut rest = dice.below(100);
    for department in &DEPARTMENTS {
        match rest.checked_sub(department.share) {
            Some(left) => rest = left,
            None => return department,
        }
    }
    &DEPARTMENTS[0]
}

fn ordinary(number: usize, city: &City, dice: &mut Dice) -> (String, String, String) {
    let (given, surname) = ((*dice.pick(city.given)).to_owned(), (*dice.pick(city.surnames)).to_owned());
    match number {
        // Somebody with one name, somebody whose name fills the page, and somebody with a blank at the end.
        77 => (given.clone(), String::new(), given),
        177 => {
            let all: Vec<&str> = CITIES.iter().flat_map(|city| city.given.iter().take(2).copied()).collect();
            (all.join(" "), surname.clone(), format!("{} {surname}", all.join(" ")))
        }
        277 => (given.clone(), surname.clone(), format!("{surname}, {given}\u{a0}")),
        _ if city.country == "JP" => (given.clone(), surname.clone(), format!("{surname} {given}")),
        _ if number.is_multiple_of(19) => (given.clone(), surname.clone(), format!("{surname}, {given}")),
        _ => (given.clone(), surname.clone(), format!("{given} {surname}")),
    }
}

/// A name for sign-in in plain letters that nobody has yet.
fn local_part(given: &str, surname: &str, kind: Kind, taken: &mut HashSet<String>, number: usize) -> String {
    let (given, surname) = (plain(given), plain(surname));
    let name = match (given.is_empty(), surname.is_empty()) {
        (true, true) => format!("person{number}"),
        (false, false) => format!("{given}.{surname}"),
        _ => given + &surname,
    };
    let name = name.chars().take(40).collect::<String>().trim_matches('.').to_owned();
    let name = if kind == Kind::Contractor { name + ".ext" } else { name };
    let free = |name: &String| !taken.contains(name);
    let name = if free(&name) { name } else { (2..).map(|n| format!("{name}{n}")).find(free).unwrap_or_default() };
    taken.insert(name.clone());
    name
}

/// Letters that stand in an address; those that have no plain form are left out.
fn plain(name: &str) -> String {
    let spelled = |c: char| -> &'static str {
        match c {
            'á' | 'à' | 'â' | 'ã' | 'å' | 'Å' | 'Á' | 'ą' | 'Ā' | 'ả' | 'ạ' => "a",
            'ä' => "ae",
            'ö' | 'Ö' => "oe",
            'ü' | 'Ü' => "ue",
            'ß' | 'ſ' => "ss",
            'ç' | 'Ç' | 'ć' => "c",
            'é' | 'è' | 'ê' | 'ë' | 'É' | 'ę' | 'ế' | 'ễ' => "e",
            'í' | 'ì' | 'î' | 'ï' | 'ı' | 'İ' | 'Í' => "i",
            'ł' | 'Ł' => "l",
            'ñ' | 'ń' => "n",
            'ó' | 'ò' | 'ô' | 'õ' | 'Ō' | 'ō' | 'Ó' | 'ơ' | 'ộ' | 'ọ' => "o",
            'ş' | 'Ş' | 'ś' | 'Ś' => "s",
            'ú' | 'ù' | 'û' | 'ū' | 'ư' | 'ấ' | 'ũ' | 'ỳ' => "u",
            'ż' | 'ź' | 'Ż' => "z",
            'ğ' => "g",
            'Đ' | 'đ' => "d",
            _ => "",
        }
    };
    let mut plain = String::new();
    for c in name.chars() {
        if c.is_ascii_alphanumeric() {
            plain.push(c.to_ascii_lowercase());
        } else if c == '-' && !plain.is_empty() {
            plain.push('-');
        } else {
            plain.push_str(spelled(c));
        }
    }
    plain.trim_matches('-').to_owned()
}

/// Heads answer to the first, leads to their head, everybody else to the last lead of the department.
fn manager(number: usize, lead: bool, department: &Department, people: &[Person]) -> Option<usize> {
    let heads = DEPARTMENTS.len();
    if number == 0 {
        return None;
    }
    if number <= heads {
        return Some(0);
    }
    let head = 1 + DEPARTMENTS.iter().position(|other| other.name == department.name)?;
    if lead {
        return Some(head);
    }
    let last = people.iter().rposition(|person| person.lead && person.department.name == department.name);
    Some(last.unwrap_or(head))
}

/// The file as the Entra portal would write it, with a few columns more.
pub fn csv(people: &[Person]) -> String {
    const HEADER: [&str; 22] = [
        "userPrincipalName",
        "displayName",
        "surname",
        "mail",
        "givenName",
        "objectId",
        "userType",
        "jobTitle",
        "department",
        "accountEnabled",
        "country",
        "physicalDeliveryOfficeName",
        "city",
        "telephoneNumber",
        "mobile",
        "employeeId",
        "employeeType",
        "preferredLanguage",
        "extensionAttribute1",
        "extensionAttribute2",
        "proxyAddresses",
        "manager",
    ];
    let mut text = format!("{},IsSoftDeleted\n", HEADER.join(","));
    for person in people {
        let mail = if person.kind == Kind::Intern { String::new() } else { person.provisioned_name() };
        let addresses = match (&person.former_address, mail.is_empty()) {
            (_, true) => String::new(),
            (Some(former), _) => format!("SMTP:{mail};smtp:{former}"),
            (None, _) => format!("SMTP:{mail}"),
        };
        let office = format!("{}-{}", person.city.country, person.city.dialling.len() % 7 + 1);
        let cells = [
            person.user_name.as_str(),
            &person.display,
            &person.surname,
            &mail,
            &person.given,
            &person.id,
            if person.kind == Kind::Guest { "Guest" } else { "Member" },
            &person.title,
            person.department.name,
            if person.enabled { "True" } else { "False" },
            person.city.country,
            &office,
            person.city.name,
            &person.phone,
            &person.mobile,
            &person.employee_id,
            match person.kind {
                Kind::Employee => "Employee",
                Kind::Contractor => "Contractor",
                Kind::Intern => "Intern",
                Kind::Guest => "",
            },
            person.city.language,
            if person.approved { "dialpad" } else { "" },
            &person.cost_center,
            &addresses,
            person.manager.map_or("", |number| &people[number].user_name),
            if person.deleted { "True" } else { "" },
        ];
        let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
        text += &cells.join(",");
        text.push('\n');
    }
    text
}

/// A cell, in quotes where it needs them (RFC 4180).
fn quoted(cell: &str) -> String {
    let needs = cell.contains([',', '"', '\n', ';']) || cell.trim() != cell;
    if needs { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

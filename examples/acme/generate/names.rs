//! Names, places and jobs of an invented company.

/// A place of work and the names that are common there.
pub struct City {
    pub name: &'static str,
    pub country: &'static str,
    pub region: &'static str,
    pub language: &'static str,
    pub dialling: &'static str,
    pub given: &'static [&'static str],
    pub surnames: &'static [&'static str],
}

macro_rules! city {
    ($name:literal, $country:literal, $region:literal, $language:literal, $dialling:literal, $given:expr, $surnames:expr) => {
        City {
            name: $name,
            country: $country,
            region: $region,
            language: $language,
            dialling: $dialling,
            given: &$given,
            surnames: &$surnames,
        }
    };
}

pub const CITIES: [City; 14] = [
    city!(
        "London",
        "GB",
        "EMEA",
        "en-GB",
        "+44 20 7",
        ["Amelia", "Oliver", "Freya", "Harry", "Priya", "Mohammed", "Isla", "George", "Zoë", "Rhys", "Siân", "Noah"],
        ["Smith", "Jones", "Okonkwo-Hughes", "Patel", "Fitzgerald", "MacLeod", "St. John", "Brontë", "Ahmed", "Wright"]
    ),
    city!(
        "Berlin",
        "DE",
        "EMEA",
        "de-DE",
        "+49 30 5",
        [
            "Jürgen",
            "Anneliese",
            "Björn",
            "Käthe",
            "Lukas",
            "Sören",
            "Jörg",
            "Hans-Peter",
            "Ursula",
            "Maximilian",
            "Ayşe",
            "Gisela"
        ],
        [
            "Müller",
            "Schröder",
            "Weiß",
            "Müller-Lüdenscheidt",
            "von der Heide",
            "Köhler",
            "Straßburger",
            "Schäfer",
            "Böhm"
        ]
    ),
    city!(
        "Paris",
        "FR",
        "EMEA",
        "fr-FR",
        "+33 1 44",
        ["Chloé", "François", "Anaïs", "Jean-Luc", "Hélène", "Étienne", "Océane", "Benoît", "Loïc", "Noémie"],
        ["Lefèvre", "D'Aubigné", "Béranger", "Saint-Exupéry", "L'Hôpital", "Garçon", "Dupont", "Château"]
    ),
    city!(
        "Madrid",
        "ES",
        "EMEA",
        "es-ES",
        "+34 91 0",
        ["José", "Begoña", "Íñigo", "María José", "Andrés", "Lucía", "Ángel", "Nuria", "Joaquín"],
        ["García Márquez", "Núñez", "Ibáñez", "Peña y Lillo", "Martínez", "Muñoz", "Díaz de Vivar", "Ordóñez"]
    ),
    city!(
        "Kraków",
        "PL",
        "EMEA",
        "pl-PL",
        "+48 12 3",
        ["Łukasz", "Małgorzata", "Żaneta", "Święcisława", "Józef", "Ewa", "Grażyna", "Wojciech"],
        ["Żółć", "Wiśniewski", "Brzęczyszczykiewicz", "Kowalczyk", "Dąbrowska", "Zając", "Śliwa"]
    ),
    city!(
        "Dublin",
        "IE",
        "EMEA",
        "en-IE",
        "+353 1 5",
        ["Siobhán", "Ciarán", "Aoife", "Pádraig", "Niamh", "Seán", "Róisín", "Declan"],
        ["O'Brien", "O'Donoghue", "Ó Ceallaigh", "McCarthy", "Ní Dhomhnaill", "Byrne", "O'Neill-Byrne"]
    ),
    city!(
        "Göteborg",
        "SE",
        "EMEA",
        "sv-SE",
        "+46 31 7",
        ["Åsa", "Björn", "Örjan", "Göran", "Märta", "Linnéa", "Håkan", "Elin"],
        ["Ångström", "Sjöberg", "Åkesson", "Öberg", "Lindqvist", "Nyström", "Hägg"]
    ),
    city!(
        "İstanbul",
        "TR",
        "EMEA",
        "tr-TR",
        "+90 212 4",
        ["İpek", "Çağlar", "Gülşen", "Işıl", "Ömer", "Şebnem", "Kıvanç", "Ülkü"],
        ["Yıldırım", "Şahin", "Çelik", "Öztürk", "Kılıç", "İnönü", "Aydın"]
    ),
    city!(
        "New York",
        "US",
        "AMER",
        "en-US",
        "+1 212 555 ",
        ["Ashley", "Tyler", "Latoya", "Xiomara", "Kevin", "Deborah", "DeShawn", "Mary-Kate", "Luz", "Wei"],
        ["Johnson", "O'Malley", "Nguyen", "Goldberg", "Martinez", "Van Buren", "Smith-Jones", "Li", "Kowalski", "X"]
    ),
    city!(
        "São Paulo",
        "BR",
        "AMER",
        "pt-BR",
        "+55 11 4",
        ["João", "Conceição", "Thaís", "Antônio", "Letícia", "Caetano", "Inês", "Zé"],
        ["da Silva", "Gonçalves", "dos Santos", "Araújo", "Simões", "Magalhães", "Brandão"]
    ),
    city!(
        "Tokyo",
        "JP",
        "APAC",
        "ja-JP",
        "+81 3 5",
        ["太郎", "花子", "健", "美咲", "翔太", "さくら", "Kenji", "Yūko"],
        ["山田", "佐藤", "鈴木", "田中", "高橋", "Ōtani", "渡辺"]
    ),
    city!(
        "Sydney",
        "AU",
        "APAC",
        "en-AU",
        "+61 2 8",
        ["Jack", "Matilda", "Bruce", "Sheila", "Lachlan", "Kirra", "Angus", "Imogen"],
        ["Smith", "Kelly", "Nguyen", "Papadopoulos", "Walker", "O'Shea", "Macarthur-Onslow"]
    ),
    city!(
        "Bengaluru",
        "IN",
        "APAC",
        "en-IN",
        "+91 80 4",
        ["Aarav", "Lakshmi", "Venkata", "Ananya", "Srinivasa", "Deepa", "Arjun", "Meenakshi"],
        ["Iyer", "Venkataramanan", "Rao", "Subrahmanyan", "Krishnamurthy", "Bose", "D'Souza"]
    ),
    city!(
        "Hà Nội",
        "VN",
        "APAC",
        "vi-VN",
        "+84 24 3",
        ["Đức", "Hương", "Thảo", "Tuấn", "Ngọc Ánh", "Phước", "Quỳnh", "Bảo"],
        ["Nguyễn", "Trần", "Lê", "Phạm", "Huỳnh", "Đặng", "Vũ"]
    ),
];

/// A department, how many of a hundred people work there, and what they are called.
pub struct Department {
    pub name: &'static str,
    pub share: u64,
    pub head: &'static str,
    pub titles: [&'static str; 3],
}

pub const DEPARTMENTS: [Department; 9] = [
    Department {
        name: "Sales",
        share: 24,
        head: "Chief Revenue Officer",
        titles: ["Account Executive", "Sales Development Representative", "Sales Engineer"],
    },
    Department {
        name: "Support",
        share: 26,
        head: "VP Customer Care",
        titles: ["Support Agent", "Senior Support Agent", "Support Engineer (2nd level)"],
    },
    Department {
        name: "Engineering",
        share: 20,
        head: "Chief Technology Officer",
        titles: ["Software Engineer", "Site Reliability Engineer", "Test Engineer"],
    },
    Department {
        name: "Operations",
        share: 8,
        head: "Chief Operating Officer",
        titles: ["Operations Analyst", "Receptionist", "Facility Manager"],
    },
    Department {
        name: "Marketing",
        share: 7,
        head: "Chief Marketing Officer",
        titles: ["Content Editor", "Designer", "Events & Brand"],
    },
    Department {
        name: "Finance",
        share: 5,
        head: "Chief Financial Officer",
        titles: ["Accountant", "Controller", "Accounts Payable/Receivable"],
    },
    Department {
        name: "People",
        share: 4,
        head: "Chief People Officer",
        titles: ["Recruiter", "People Partner", "Payroll Specialist"],
    },
    Department {
        name: "Legal",
        share: 2,
        head: "General Counsel",
        titles: ["Counsel", "Paralegal", "Privacy Officer"],
    },
    Department {
        name: "IT",
        share: 4,
        head: "Chief Information Officer",
        titles: ["Systems Administrator", "Service Desk Agent", "Security Analyst"],
    },
];

/// Names as people, importers and attackers write them: given name, surname, display name.
pub const ODD: [(&str, &str, &str); 18] = [
    ("=HYPERLINK(\"https://example.com\",\"click\")", "Formula", "=HYPERLINK(\"https://example.com\",\"click\")"),
    ("+1+1", "Plus", "+1+1"),
    ("-2+3", "Minus", "-2+3"),
    ("@SUM(A1:A9)", "At", "@SUM(A1:A9)"),
    ("<b>Bold</b>", "Tag", "<b>Bold</b>"),
    ("<script>alert(1)</script>", "Script", "<script>alert(1)</script>"),
    ("A | B", "Pipe", "A | B"),
    ("`code`", "Back-Tick", "`code` **bold** _em_ [link](https://example.com) ![x](https://example.com/x.png)"),
    ("Robert'); DROP TABLE users;--", "Tables", "Robert'); DROP TABLE users;--"),
    ("\"Quote\"", "D'Ouble-\"Quote\"", "Dee \"Quote\" D'Ouble"),
    ("Null", "None", "Null"),
    ("e\u{301}lodie", "De\u{301}compose\u{301}", "Élodie De\u{301}compose\u{301}"),
    ("محمد", "العلي", "محمد العلي"),
    ("👩🏽‍💻 Ada", "Émoji", "👩🏽‍💻 Ada Émoji"),
    ("Comma, Inc", "Semi;Colon", "Semi;Colon, Comma"),
    ("ß", "ſharp", "ß ſharp"),
    ("Trailing", "Dots...", "Trailing Dots..."),
    ("&amp;", "Entity &lt;", "&amp; Entity &lt;"),
];

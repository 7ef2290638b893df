//! `dialform eval`: one mapping expression on one person.

mod attributes;

use std::path::PathBuf;

use jiff::Timestamp;

use super::{
    ManifestArg, Terminal,
    directory::{self, Reach},
    load,
};
use crate::{
    desired::{self, Subject, seed},
    directory::{Directory, Person},
    exit::Exit,
    expr::{ExprError, Expression, Level, Lookup, Outcome, World},
    manifest::{Manifest, Source},
    memory::Memory,
    names::{Attributes, SourceId, Text, eq_fold, near_miss},
    problem::{Problem, Sources},
    render::{evaluation, neutral, problems},
    source::files,
};

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The expression, in one word for the shell
    #[arg(allow_hyphen_values = true)]
    pub expression: String,
    /// Evaluate it on this person of the manifest's source: user principal name, mail or id
    #[arg(long, value_name = "PERSON", conflicts_with = "attributes")]
    pub person: Option<String>,
    /// Evaluate it on the attributes in this JSON file; `-` is standard input
    #[arg(long, value_name = "FILE")]
    pub attributes: Option<PathBuf>,
    /// How to print the value
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: Format,
    /// Show what each part of the expression gives
    #[arg(long)]
    pub explain: bool,
    /// The instant of `Now()`, such as 2027-01-31T09:00:00Z
    #[arg(long, value_name = "RFC3339")]
    pub now: Option<Timestamp>,
    /// Values that are taken in the target, for `SelectUniqueValue`: a JSON list of strings
    #[arg(long, value_name = "JSON", value_parser = taken)]
    pub taken: Option<Taken>,
    /// What `DefaultDomain()` gives
    #[arg(long, value_name = "NAME")]
    pub default_domain: Option<String>,
    /// Whose source `--person` is of
    #[command(flatten)]
    pub manifest: ManifestArg,
}

const EXAMPLES: &str = "Examples:
  dialform eval 'Join(\" \", [givenName], [surname])' --person ana@acme.example
  echo '{\"mail\": \"ana@acme.example\"}' | dialform eval 'Word([mail], 1, \"@\")' --attributes -
  dialform eval 'Switch([country], \"Other\", \"DE\", \"EMEA\")' --person ana@acme.example --explain

`dialform help expressions` has the language.";

/// How the value is printed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Format {
    /// The value as text.
    #[default]
    Text,
    /// One JSON object.
    Json,
}

/// Values that are taken in the target.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Taken(Vec<String>);

fn taken(json: &str) -> Result<Taken, String> {
    let read: Result<Vec<String>, _> = serde_json::from_str(json);
    read.map(Taken).map_err(|_| "expected a JSON list of strings, such as [\"ana@acme.example\"]".to_owned())
}

/// Whom the expression is evaluated on.
enum On {
    Attributes(Attributes),
    Person { person: Box<Person>, out: bool, known: Vec<Text> },
}

/// Runs the command.
pub fn run(args: &Args, terminal: &mut Terminal) -> Exit {
    let on = match (&args.person, &args.attributes) {
        (Some(name), _) => person(name, args, terminal),
        (None, Some(path)) => attributes::read(path).map(On::Attributes),
        (None, None) => Ok(On::Attributes(Attributes::default())),
    };
    match on {
        Ok(on) => evaluated(args, &on, terminal),
        Err(Unread { code, message }) => {
            match args.format {
                Format::Json => {
                    let error = ExprError { code, message, offset: 0, length: 0, help: None };
                    terminal.data(&evaluation::json(&Err(vec![error]), None));
                }
                Format::Text => terminal.complain(&format!("failed to {}", neutral::lines(&message))),
            }
            Exit::Failed
        }
    }
}

fn evaluated(args: &Args, on: &On, terminal: &mut Terminal) -> Exit {
    let taken = args.taken.clone().unwrap_or_default().0;
    let is_taken = |value: &str| taken.iter().any(|taken| taken == value);
    let nobody = SourceId::new("");
    let (subject, id): (Box<dyn Lookup + '_>, &SourceId) = match on {
        On::Attributes(attributes) => (Box::new(attributes.clone()), &nobody),
        On::Person { person, out, .. } => (Box::new(Subject::new(person, *out)), &person.id),
    };
    let world = World {
        now: args.now.unwrap_or_else(Timestamp::now),
        default_domain: args.default_domain.as_deref().map(Into::into),
        taken: &is_taken,
        seed: seed(id),
    };
    let expression = Expression::parse(&args.expression);
    let steps = match &expression {
        Ok(expression) if args.explain => Some(expression.explain(&*subject, &world)),
        Ok(_) | Err(_) => None,
    };
    let outcome = match &expression {
        Ok(expression) => expression.evaluate(&*subject, &world).map_err(|error| vec![error]),
        Err(errors) => Err(errors.clone()),
    };
    let exit = if outcome.is_ok() { Exit::Done } else { Exit::Failed };
    if args.format == Format::Json {
        terminal.data(&evaluation::json(&outcome, steps.as_ref()));
        return exit;
    }
    let hints = expression.as_ref().map(|expression| hints(args, expression, on)).unwrap_or_default();
    told(args, &outcome, &hints, terminal);
    if let Some(steps) = &steps {
        terminal.data(&evaluation::tree(steps));
    } else if let Ok(outcome) = &outcome {
        match outcome {
            Outcome::Value(value) => terminal.data(&format!("{}\n", neutral::lines(&value.to_string()))),
            Outcome::Empty => terminal.say("null: the attribute has no value"),
            Outcome::Ignored => terminal.say("ignored: the attribute is left out of the flow"),
        }
    }
    exit
}

/// Says what is wrong or doubtful, underlined in the expression.
fn told(args: &Args, outcome: &Result<Outcome, Vec<ExprError>>, hints: &[Problem], terminal: &mut Terminal) {
    let file = file();
    let mut all: Vec<Problem> = Vec::new();
    if let Err(errors) = outcome {
        all.extend(errors.iter().map(|error| {
            let span = error.offset..error.offset + error.length;
            let problem = Problem::error(error.code, &file, span, error.message.clone());
            Problem { help: error.help.clone(), ..problem }
        }));
    }
    if !terminal.quiet {
        all.extend_from_slice(hints);
    }
    if !all.is_empty() {
        let mut sources = Sources::default();
        sources.insert(file, args.expression.as_str());
        let page = problems::text(&all, &sources, terminal.color_err);
        terminal.complain(page.trim_end());
    }
}

/// What the expression is called where a file would be named.
fn file() -> Text {
    "expression".into()
}

/// What is allowed but probably not meant, and attributes that nobody has.
fn hints(args: &Args, expression: &Expression, on: &On) -> Vec<Problem> {
    let file = file();
    let mut hints: Vec<Problem> = Vec::new();
    for lint in expression.lints() {
        if lint.level == Level::Warning {
            let problem = Problem::warning(lint.code, &file, lint.offset..lint.offset + lint.length, lint.message);
            hints.push(Problem { help: lint.help, ..problem });
        }
    }
    for attribute in expression.attributes() {
        let span = attribute.offset..attribute.offset + attribute.length;
        match on {
            On::Person { known, .. } if !known.contains(&attribute.name) => {
                let message = format!("nobody in the source has the attribute `{}`", attribute.name);
                let near = near_miss(&attribute.name, known.iter().map(|name| &**name));
                let help = near.map(|near| format!("did you mean `{near}`?"));
                hints.push(Problem { help, ..Problem::warning("unknown_attribute", &file, span, message) });
            }
            On::Attributes(_) if args.attributes.is_none() => {
                let message = format!("`{}` is null: no person was given", attribute.name);
                let help = "give one with `--person` or `--attributes`";
                hints.push(Problem::warning("no_person", &file, span, message).help(help));
                break;
            }
            On::Person { .. } | On::Attributes(_) => {}
        }
    }
    hints
}

/// What cannot be read, and why: a fragment that follows "failed to".
#[derive(Debug)]
struct Unread {
    code: &'static str,
    message: String,
}

fn person(name: &str, args: &Args, terminal: &mut Terminal) -> Result<On, Unread> {
    let shown = |problems: &[Problem], sources: &Sources, terminal: &Terminal| {
        problems::text(problems, sources, terminal.color_err).trim_end().to_owned()
    };
    let path = args.manifest.manifest.display();
    let loaded = load::manifest(&args.manifest.manifest).map_err(|unusable| Unread {
        code: "manifest",
        message: format!("use the manifest `{path}`:\n{}", shown(&unusable.problems, &unusable.sources, terminal)),
    })?;
    let directory = match &loaded.manifest.source {
        Source::Files(source) => {
            let read = files::read(source).map_err(|failed| Unread {
                code: "source",
                message: format!("read the source:\n{}", shown(&failed.problems, &failed.sources, terminal)),
            })?;
            read.directory
        }
        Source::Entra(_) => of_entra(&loaded.manifest, terminal)?,
    };
    let now = args.now.unwrap_or_else(Timestamp::now);
    let desired = desired::build(&loaded.manifest, &directory, now);
    let people: Vec<&Person> = desired.users.iter().map(|user| user.person).collect();
    let found = found(name, &people)?;
    let out = desired.user(&found.id).is_none_or(|user| !user.standing.is_entitled());
    let mut known: Vec<Text> = ["IsSoftDeleted", "manager", "objectId"].map(Text::from).into();
    known.extend(people.iter().flat_map(|person| person.attributes.names()).cloned());
    known.sort_unstable();
    known.dedup();
    Ok(On::Person { person: Box::new(found.clone()), out, known })
}

/// Everybody whom the manifest means, with every attribute: an expression may ask for any.
fn of_entra(manifest: &Manifest, terminal: &mut Terminal) -> Result<Directory, Unread> {
    let unread = |message: String| Unread { code: "source", message };
    let runtime = super::runtime().map_err(unread)?;
    let reach = Reach { all: true, ..Reach::default() };
    let gathered = runtime.block_on(directory::read(manifest, reach, &Memory::default(), terminal));
    gathered.map(|gathered| gathered.directory).map_err(|_| unread("read the source".to_owned()))
}

/// The person of this name: the first of user name, id and mail that fits.
fn found<'a>(name: &str, people: &[&'a Person]) -> Result<&'a Person, Unread> {
    let by = |fits: &dyn Fn(&Person) -> bool| people.iter().find(|person| fits(person)).copied();
    let text = |person: &Person, attribute| person.text(attribute).is_some_and(|text| eq_fold(text, name.trim()));
    by(&|person| text(person, "userPrincipalName"))
        .or_else(|| by(&|person| eq_fold(person.id.as_str(), name.trim())))
        .or_else(|| by(&|person| text(person, "mail")))
        .ok_or_else(|| {
            let near = near_miss(name, people.iter().map(|person| &**person.label()));
            let help = near.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
            Unread { code: "unknown_person", message: format!("find `{name}` among {} people{help}", people.len()) }
        })
}

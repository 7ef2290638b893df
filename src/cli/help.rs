//! `dialform help [TOPIC]`: the language, the filters and the exit codes on one page each.

use clap::CommandFactory;

use super::{Cli, Terminal};
use crate::{
    exit::Exit,
    expr,
    manifest::{self, scope},
    names::near_miss,
};

/// The arguments.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// manifest, expressions, filters, exit-codes, or a command
    pub topic: Option<String>,
}

const TOPICS: [&str; 4] = ["manifest", "expressions", "filters", "exit-codes"];

/// Prints the page.
pub fn run(args: &Args, terminal: &mut Terminal) -> Exit {
    let mut command = Cli::command();
    command.build();
    let page = match args.topic.as_deref() {
        None => format!("{}\nTopics: dialform help {}\n", command.render_help(), TOPICS.join(" | ")),
        Some("manifest") => manifest::reference(),
        Some("expressions") => expr::reference(),
        Some("filters") => scope::reference(),
        Some("exit-codes") => exit_codes(),
        Some(topic) => match command.find_subcommand_mut(topic) {
            Some(found) => found.render_long_help().to_string(),
            None => {
                let command = Cli::command();
                let names = TOPICS.into_iter().chain(command.get_subcommands().map(clap::Command::get_name));
                let help = match near_miss(topic, names) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("the topics are {}, and every command", TOPICS.join(", ")),
                };
                terminal.complain(&format!("failed to find help on `{topic}`; {help}"));
                return Exit::Failed;
            }
        },
    };
    terminal.data(&page);
    Exit::Done
}

fn exit_codes() -> String {
    let rows: String = Exit::ALL.iter().map(|exit| format!("{:>5}  {}\n", exit.code(), exit.meaning())).collect();
    format!(
        "# Exit codes\n\n{rows}\n`plan`: 1, else (with --detailed-exitcode) 2 if there are changes, else 4 if some are held, else 0.\n\
         `apply`: 130, 6, 5, 1, 3, 4, 0, the first that holds. The code is the same in every format.\n"
    )
}

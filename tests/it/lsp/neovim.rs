//! The language server in Neovim itself, set up as docs/editors.md says.
//!
//! `DIALFORM_NVIM` names the program, and then it has to be one; else `nvim` is tried,
//! and where there is none, or an old one, the test says so and passes.

use std::{
    env, fs,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;

use crate::process::Folder;

struct Neovim {
    program: String,
    socket: String,
    child: Child,
}

/// The program, or why it cannot be tried here.
fn program() -> Result<String, String> {
    let program = env::var("DIALFORM_NVIM").unwrap_or_else(|_| "nvim".to_owned());
    let output = Command::new(&program).arg("--version").output();
    let output = output.map_err(|_| format!("there is no `{program}`; install Neovim 0.11 or newer"))?;
    let version = String::from_utf8_lossy(&output.stdout).into_owned();
    let number = version.lines().next().and_then(|line| line.strip_prefix("NVIM v0."));
    let minor = number.and_then(|rest| rest.split('.').next()?.parse::<u32>().ok());
    match minor {
        Some(minor) if minor < 11 => {
            Err(format!("Neovim 0.{minor} is too old for docs/editors.md; 0.11 or newer is needed"))
        }
        _ => Ok(program),
    }
}

impl Neovim {
    /// Opens the manifest of a folder.
    fn open(program: &str, folder: &Folder) -> Self {
        let page = fs::read_to_string("docs/editors.md").unwrap();
        let snippet = page.split("```lua\n").nth(1).unwrap().split("```").next().unwrap();
        let ours = format!("cmd = {{ {:?}, \"lsp\" }}", env!("CARGO_BIN_EXE_dialform"));
        let with_yaml = "vim.lsp.enable({ \"dialform\", \"yamlls\" })";
        assert!(snippet.contains(with_yaml));
        let snippet = snippet
            .replace("cmd = { \"dialform\", \"lsp\" }", &ours)
            .replace(with_yaml, "vim.lsp.enable(\"dialform\")");
        folder.write("init.lua", &snippet);
        let socket = folder.path("nvim.sock").to_string_lossy().into_owned();
        let child = folder
            .command(&[])
            .get_envs()
            .fold(Command::new(program), |mut command, (name, value)| {
                if let Some(value) = value {
                    command.env(name, value);
                }
                command
            })
            .args(["--headless", "--clean", "-u", "init.lua", "--listen", &socket, "dialform.yaml"])
            .current_dir(folder.path(""))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        Self { program: program.to_owned(), socket, child }
    }

    fn remote(&self, arguments: &[&str]) -> Option<String> {
        let output = Command::new(&self.program).args(["--server", &self.socket]).args(arguments).output().unwrap();
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Presses keys.
    fn press(&self, keys: &str) {
        self.remote(&["--remote-send", keys]).unwrap();
    }

    /// The value of some Lua.
    fn lua(&self, code: &str) -> Value {
        let code = format!("json_encode(luaeval({code:?}))");
        let told = self.remote(&["--remote-expr", &code]).unwrap_or_default();
        serde_json::from_str(&told).unwrap_or(Value::Null)
    }

    /// The value of some Lua as soon as it is what is waited for.
    fn wait(&self, code: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        let begun = Instant::now();
        loop {
            let value = self.lua(code);
            if is_it(&value) {
                return value;
            }
            assert!(begun.elapsed() < Duration::from_secs(30), "{code} is {value}");
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}

impl Drop for Neovim {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn neovim_shows_problems_and_completes() {
    let program = match program() {
        Ok(program) => program,
        Err(why) => {
            assert!(env::var_os("DIALFORM_NVIM").is_none(), "{why}");
            eprintln!("skipped: {why}");
            return;
        }
    };
    let folder = Folder::example("quickstart");
    let nvim = Neovim::open(&program, &folder);
    let client = "(vim.lsp.get_clients({ name = 'dialform' })[1] or {}).initialized or false";
    nvim.wait(client, |value| *value == true);
    assert_eq!(nvim.lua("vim.lsp.get_clients({ name = 'dialform' })[1].offset_encoding"), "utf-8");

    // A slip is shown while it is typed, and gone when it is taken back.
    let problems = "vim.tbl_map(function(one) return { one.code, one.lnum, one.message } end, vim.diagnostic.get(0))";
    assert_eq!(nvim.lua("#vim.diagnostic.get(0)"), 0);
    nvim.press("/role: member<CR>ee");
    nvim.press("eax");
    let shown = nvim.wait(problems, |value| value.as_array().is_some_and(|all| !all.is_empty()));
    assert_eq!(shown[0][0], "undeclared_role");
    assert_eq!(shown[0][1], 20);
    assert!(shown[0][2].as_str().unwrap().contains("did you mean `member`?"), "{shown}");
    nvim.press("<Esc>u");
    nvim.wait("#vim.diagnostic.get(0)", |value| *value == 0);

    // Completion by Neovim's own key, in an expression that does not parse.
    nvim.press("gg/Coalesce(<CR>f(a[em<C-x><C-o>");
    let popup = "vim.fn.complete_info({ 'items', 'pum_visible' })";
    let seen = nvim.wait(popup, |value| value["items"].as_array().is_some_and(|items| !items.is_empty()));
    assert_eq!(seen["pum_visible"], 1);
    let words: Vec<&str> =
        seen["items"].as_array().unwrap().iter().map(|item| item["abbr"].as_str().unwrap()).collect();
    assert!(words.contains(&"employeeType"), "{words:?}");
    nvim.press("<C-e><Esc>u");

    // And for roles.
    nvim.press("gg/SG-Sales, role: member<CR>");
    nvim.press("6wcw<C-x><C-o>");
    let seen = nvim.wait(popup, |value| value["items"].as_array().is_some_and(|items| !items.is_empty()));
    let words: Vec<&str> =
        seen["items"].as_array().unwrap().iter().map(|item| item["abbr"].as_str().unwrap()).collect();
    assert_eq!(words, ["member", "supervisor"]);
    nvim.press("<C-e><Esc>u");

    // `K` opens a window with the documentation and a value.
    nvim.press("gg/Coalesce<CR>K");
    let windows = "vim.tbl_map(function(win) return table.concat(vim.api.nvim_buf_get_lines(vim.api.nvim_win_get_buf(win), 0, -1, false), '\\n') end, vim.tbl_filter(function(win) return vim.api.nvim_win_get_config(win).relative ~= '' end, vim.api.nvim_list_wins()))";
    let hover = nvim.wait(windows, |value| value.as_array().is_some_and(|all| !all.is_empty()));
    let text = hover[0].as_str().unwrap();
    assert!(text.contains("Coalesce(source1, defaultValue, …)") || text.contains("Coalesce("), "{text}");
    assert!(text.contains("ana.diaz@acme.example"), "{text}");

    // `Ctrl-]` goes to the declaration of a role.
    nvim.press("<Esc>gg/SG-Sales, role: member<CR>6w<C-]>");
    let line = nvim.wait("vim.fn.line('.')", |value| *value == 16);
    assert_eq!(line, 16);
    // It ends while it answers.
    let _ = nvim.remote(&["--remote-send", "<Esc>:qa!<CR>"]);
}

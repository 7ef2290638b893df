// Starts `dialform lsp` for YAML files. The server itself leaves alone what is no manifest.

const { commands, window, workspace } = require("vscode");
const { LanguageClient } = require("vscode-languageclient/node");

let client;

function server() {
  const settings = workspace.getConfiguration("dialform");
  const args = ["lsp"];
  for (const name of ["manifest", "recording"]) {
    if (settings.get(name)) args.push(`--${name}`, settings.get(name));
  }
  const folder = workspace.workspaceFolders?.[0]?.uri.fsPath;
  return { command: settings.get("path") || "dialform", args, options: folder ? { cwd: folder } : {} };
}

async function start() {
  const documentSelector = [
    { language: "yaml", scheme: "file" },
    { language: "yaml", scheme: "untitled" },
  ];
  client = new LanguageClient("dialform", "Dialform", server(), { documentSelector });
  try {
    await client.start();
  } catch (error) {
    client = undefined;
    const next = "install dialform, or set `dialform.path`, and run `Dialform: Restart Language Server`";
    window.showWarningMessage(`failed to start dialform: ${error.message}; ${next}`);
  }
}

async function stop() {
  const running = client;
  client = undefined;
  await running?.stop();
}

async function activate(context) {
  const restart = async () => {
    await stop();
    await start();
  };
  context.subscriptions.push(
    commands.registerCommand("dialform.restart", restart),
    workspace.onDidChangeConfiguration((change) => change.affectsConfiguration("dialform") && restart()),
  );
  await start();
}

module.exports = { activate, deactivate: stop };

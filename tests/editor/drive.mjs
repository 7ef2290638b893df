// Drives yaml-language-server over stdio, as an editor does. Standard input is a
// JSON list of questions, standard output the list of answers:
//   { ask: "completion" | "hover" | "diagnostics", name, text, line, character }
// The first argument is the server, the second the folder with the schemas.

import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [server, folder] = process.argv.slice(2);
const settings = {
  yaml: { validate: true, hover: true, completion: true, schemaStore: { enable: false }, yamlVersion: "1.2" },
  editor: { tabSize: 2 },
};
const child = spawn(process.execPath, [server, "--stdio"], { stdio: ["pipe", "pipe", "inherit"] });
const waiting = new Map();
const diagnostics = new Map();
let lastId = 0;
let unread = Buffer.alloc(0);

function send(message) {
  const body = Buffer.from(JSON.stringify({ jsonrpc: "2.0", ...message }));
  child.stdin.write(`Content-Length: ${body.length}\r\n\r\n`);
  child.stdin.write(body);
}

function ask(method, params) {
  const id = ++lastId;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`no answer to ${method}`)), 60_000);
    waiting.set(id, (answer) => (clearTimeout(timer), resolve(answer.result)));
    send({ id, method, params });
  });
}

function receive(message) {
  if (message.method && message.id !== undefined) {
    // Without an answer about its configuration the server does nothing.
    const result =
      message.method === "workspace/configuration" ? message.params.items.map((item) => settings[item.section] ?? null) : null;
    send({ id: message.id, result });
  } else if (message.method === "textDocument/publishDiagnostics") {
    const { uri, diagnostics: found } = message.params;
    (diagnostics.get(uri) ?? (() => {}))(found);
  } else if (message.id !== undefined) {
    waiting.get(message.id)?.(message);
    waiting.delete(message.id);
  }
}

child.stdout.on("data", (bytes) => {
  unread = Buffer.concat([unread, bytes]);
  for (;;) {
    const head = unread.indexOf("\r\n\r\n");
    if (head < 0) return;
    const length = Number(/content-length: *(\d+)/i.exec(unread.subarray(0, head).toString())[1]);
    if (unread.length < head + 4 + length) return;
    const body = unread.subarray(head + 4, head + 4 + length);
    unread = unread.subarray(head + 4 + length);
    receive(JSON.parse(body.toString()));
  }
});

const root = pathToFileURL(folder).href;
await ask("initialize", {
  processId: process.pid,
  rootUri: root,
  workspaceFolders: [{ uri: root, name: "manifests" }],
  capabilities: {
    textDocument: {
      completion: { completionItem: { snippetSupport: true, documentationFormat: ["markdown"] } },
      hover: { contentFormat: ["markdown"] },
      publishDiagnostics: {},
    },
    workspace: { configuration: true },
  },
});
send({ method: "initialized", params: {} });

let questions = "";
for await (const part of process.stdin) questions += part;
const answers = [];
for (const { ask: what, name, text, line, character } of JSON.parse(questions)) {
  const file = join(folder, name);
  writeFileSync(file, text);
  const uri = pathToFileURL(file).href;
  const found = new Promise((resolve) => diagnostics.set(uri, resolve));
  send({ method: "textDocument/didOpen", params: { textDocument: { uri, languageId: "yaml", version: 1, text } } });
  // The first diagnostics say that the schema has been read.
  const problems = await found;
  const place = { textDocument: { uri }, position: { line, character } };
  if (what === "completion") {
    const list = await ask("textDocument/completion", place);
    answers.push((list.items ?? list).map(({ label, insertText }) => ({ label, insertText })));
  } else if (what === "hover") {
    const hover = await ask("textDocument/hover", place);
    answers.push(hover?.contents?.value ?? hover?.contents ?? null);
  } else {
    answers.push(problems.map(({ message, range }) => ({ message, line: range.start.line })));
  }
  send({ method: "textDocument/didClose", params: { textDocument: { uri } } });
}
console.log(JSON.stringify(answers));
await ask("shutdown", null);
send({ method: "exit" });

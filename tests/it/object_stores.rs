//! State in object stores that others wrote, by the built program: `tests/objects.sh`
//! starts them and says where they are. Each test has a prefix of its own, and a
//! folder stands for a machine.

use std::{
    env,
    io::{Read, Write},
    net::{Shutdown, TcpListener, TcpStream},
    process::{Child, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    thread,
    time::{Duration, Instant, SystemTime},
};

use serde_json::{Value, json};

use crate::{
    kills::{TOKEN, get, snapshot},
    process::{Folder, Ran, Served},
};

/// The variable with the server's address for clients, by the URL's scheme.
fn endpoint_variable(url: &str) -> &'static str {
    match url.split_once("://").unwrap().0 {
        "s3" => "AWS_ENDPOINT_URL",
        "az" => "AZURITE_BLOB_STORAGE_URL",
        "gs" => "GOOGLE_BASE_URL",
        other => panic!("no server for {other}"),
    }
}

fn url() -> String {
    env::var("DIALFORM_OBJECTS_URL").expect("tests/objects.sh sets it")
}

/// A prefix that nobody else has.
fn prefix() -> String {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos();
    format!("{}/{now}-{}", url(), COUNT.fetch_add(1, Ordering::Relaxed))
}

/// A machine that shares the state, with the variables of the store.
fn machine(served: &Served, state: &str) -> Folder {
    let mut folder = Folder::example("quickstart");
    let target =
        format!("  dialpad: {{ scim: {{ url: {}, token: {{ env: DIALPAD_TOKEN }}, rate: unlimited }} }}", served.url);
    folder.edit(
        "dialform.yaml",
        "  sandbox: {}               # a Dialpad inside of dialform, kept in .dialform/",
        &target,
    );
    let text = folder.read("dialform.yaml");
    folder.write("dialform.yaml", &format!("{text}\nstate: {{ url: {state} }}\n"));
    folder.set("DIALPAD_TOKEN", TOKEN);
    with_keys(&mut folder);
    folder
}

fn with_keys(folder: &mut Folder) {
    for (name, value) in env::vars() {
        if ["AWS_", "AZURE_", "AZURITE_", "GOOGLE_"].iter().any(|start| name.starts_with(start)) {
            folder.set(&name, &value);
        }
    }
}

/// No key is in what was said.
fn discreet(ran: &Ran) {
    for name in ["AWS_SECRET_ACCESS_KEY", "AZURE_STORAGE_ACCOUNT_KEY"] {
        if let Ok(key) = env::var(name) {
            assert!(!ran.out.contains(&key) && !ran.err.contains(&key), "{name} was said");
        }
    }
}

fn apply(folder: &Folder, code: i32) -> Ran {
    let ran = folder.run(&["apply", "--yes"]);
    assert_eq!(ran.code, code, "{}{}", ran.out, ran.err);
    discreet(&ran);
    ran
}

fn begin(folder: &Folder) -> Child {
    folder.command(&["apply", "--yes"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

/// Requests that the service was sent and that are not reads.
fn writes(served: &Served) -> u64 {
    let requests = get(&served.url, "/sandbox/requests");
    let of = |method: &str| requests["byMethod"][method].as_u64().unwrap_or_default();
    of("POST") + of("PUT") + of("PATCH") + of("DELETE")
}

/// Waits until an apply has sent something.
fn wait_for_writes(served: &Served) {
    let waited = Instant::now();
    while writes(served) == 0 {
        assert!(waited.elapsed() < Duration::from_secs(60), "nothing was ever sent");
        thread::sleep(Duration::from_millis(5));
    }
}

fn nothing_twice(served: &Served) {
    assert_eq!(get(&served.url, "/sandbox/requests")["byStatus"]["409"], Value::Null, "something was created twice");
}

/// A way to the store that can be cut.
struct Way {
    address: String,
    cut: Arc<AtomicBool>,
    open: Arc<Mutex<Vec<TcpStream>>>,
}

impl Way {
    fn to_the_store() -> Self {
        let real = env::var(endpoint_variable(&url())).unwrap();
        let (host, path) =
            real.trim_start_matches("http://").split_once('/').unwrap_or((real.trim_start_matches("http://"), ""));
        let (host, path) = (host.to_owned(), path.to_owned());
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/{path}", listener.local_addr().unwrap());
        let way = Self { address: address.trim_end_matches('/').to_owned(), cut: Arc::default(), open: Arc::default() };
        let (cut, open) = (Arc::clone(&way.cut), Arc::clone(&way.open));
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                if cut.load(Ordering::SeqCst) {
                    continue;
                }
                let Ok(server) = TcpStream::connect(&host) else { continue };
                open.lock().unwrap().extend([client.try_clone().unwrap(), server.try_clone().unwrap()]);
                for (from, to) in [(&client, &server), (&server, &client)] {
                    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    thread::spawn(move || {
                        let mut buffer = [0; 16 * 1024];
                        while let Ok(read @ 1..) = from.read(&mut buffer) {
                            if to.write_all(&buffer[..read]).is_err() {
                                break;
                            }
                        }
                        // The other end may have gone first.
                        let _ = to.shutdown(Shutdown::Both);
                    });
                }
            }
        });
        way
    }

    fn cut(&self) {
        self.cut.store(true, Ordering::SeqCst);
        for stream in self.open.lock().unwrap().drain(..) {
            // It may be closed already.
            let _ = stream.shutdown(Shutdown::Both);
        }
    }

    fn mend(&self) {
        self.cut.store(false, Ordering::SeqCst);
    }
}

#[test]
#[ignore = "tests/objects.sh starts the store"]
fn what_one_machine_did_another_knows() {
    let served = Served::start(TOKEN, &[]);
    let state = prefix();
    let (one, other) = (machine(&served, &state), machine(&served, &state));
    let fresh = other.run(&["state", "list"]);
    assert!(fresh.out.contains("nothing is kept in `") && fresh.out.contains(&state), "{fresh:?}");
    let doctor = one.json(&["doctor", "--format", "json"], 0).to_string();
    assert!(doctor.contains("obeys conditions") && doctor.contains("nothing is kept yet"), "{doctor}");
    assert_eq!(one.run(&["plan", "--detailed-exitcode"]).code, 2);
    apply(&one, 0);
    let plan = other.json(&["plan", "--format", "json", "--detailed-exitcode"], 0);
    assert_eq!(plan["changes"], json!([]));
    let listed = other.run(&["state", "list"]);
    assert!(listed.out.starts_with(&format!("12 people linked, 3 groups in {state}/quickstart\n")), "{}", listed.out);
    assert_eq!(other.run(&["show", "ana.diaz@acme.example"]).code, 0);
    assert_eq!(other.run(&["state", "unlink", "ana.diaz@acme.example"]).code, 0);
    assert!(one.run(&["state", "list"]).out.starts_with("11 people linked"));
    let linked = one.run(&["state", "link", "ana.diaz@acme.example", "ana.diaz@acme.example"]);
    assert_eq!(linked.code, 0, "{}", linked.err);
    assert_eq!(other.run(&["unlock", "--yes"]).err, "there is no lock\n");
    // Only the log lies in the folder.
    let kept: Vec<_> =
        std::fs::read_dir(one.path(".dialform/quickstart")).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(kept, ["log"]);
    assert!(one.run(&["log"]).out.contains("ana.diaz"), "the log of the machine that applied");
    nothing_twice(&served);
}

#[test]
#[ignore = "tests/objects.sh starts the store"]
fn two_at_once_are_one_apply_and_one_that_names_the_other() {
    let served = Served::start(TOKEN, &["--latency", "600ms"]);
    let state = prefix();
    let (one, other) = (machine(&served, &state), machine(&served, &state));
    let mut first = begin(&one);
    wait_for_writes(&served);
    let second = apply(&other, 6);
    for said in [format!("process {}", first.id()), "since 20".to_owned(), " on ".to_owned(), state] {
        assert!(second.err.contains(&said), "{said}: {}", second.err);
    }
    // A plan reads meanwhile.
    assert!([0, 2].contains(&other.run(&["plan", "--detailed-exitcode"]).code));
    assert!(first.wait().unwrap().success());
    let plan = other.json(&["plan", "--format", "json"], 0);
    assert_eq!(plan["changes"], json!([]));
    nothing_twice(&served);
}

#[test]
#[ignore = "tests/objects.sh starts the store"]
fn what_a_killed_machine_left_another_finishes() {
    let expected = {
        let served = Served::start(TOKEN, &[]);
        apply(&machine(&served, &prefix()), 0);
        snapshot(&served.url)
    };
    let mut doubts = 0;
    for wait in [0, 60, 250] {
        let served = Served::start(TOKEN, &["--latency", "25ms"]);
        let state = prefix();
        let (one, other) = (machine(&served, &state), machine(&served, &state));
        let mut killed = begin(&one);
        wait_for_writes(&served);
        thread::sleep(Duration::from_millis(wait));
        killed.kill().unwrap();
        killed.wait().unwrap();
        doubts += other.json(&["state", "list", "--format", "json"], 0)["in_doubt"].as_array().unwrap().len();
        let held = other.run(&["unlock", "--yes"]);
        assert_eq!(held.code, 0, "{}", held.err);
        apply(&other, 0);
        let plan = other.json(&["plan", "--format", "json"], 0);
        assert_eq!(plan["changes"], json!([]), "killed after {wait} ms");
        assert_eq!(snapshot(&served.url), expected, "killed after {wait} ms");
        nothing_twice(&served);
    }
    assert!(doubts > 0, "no kill left anything in doubt");
}

#[test]
#[ignore = "tests/objects.sh starts the store; a minute long"]
fn a_dead_holder_is_noticed_when_its_lease_is_over() {
    let served = Served::start(TOKEN, &["--latency", "50ms"]);
    let state = prefix();
    let (one, other) = (machine(&served, &state), machine(&served, &state));
    let mut killed = begin(&one);
    wait_for_writes(&served);
    killed.kill().unwrap();
    killed.wait().unwrap();
    let died = Instant::now();
    loop {
        let ran = other.run(&["apply", "--yes"]);
        if ran.code == 0 {
            break;
        }
        assert_eq!(ran.code, 6, "{}", ran.err);
        assert!(died.elapsed() < Duration::from_secs(75), "it was never taken over");
        thread::sleep(Duration::from_secs(2));
    }
    assert!(died.elapsed() > Duration::from_secs(50), "taken over after {:?}", died.elapsed());
    nothing_twice(&served);
}

#[test]
#[ignore = "tests/objects.sh starts the store"]
fn a_store_that_fails_in_the_middle_stops_the_run_and_loses_nothing() {
    let expected = {
        let served = Served::start(TOKEN, &[]);
        apply(&machine(&served, &prefix()), 0);
        snapshot(&served.url)
    };
    let way = Way::to_the_store();
    for wait in [0, 200] {
        let served = Served::start(TOKEN, &["--latency", "40ms"]);
        let state = prefix();
        let mut one = machine(&served, &state);
        one.set(endpoint_variable(&url()), &way.address);
        let running = one.command(&["apply", "--yes"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        wait_for_writes(&served);
        thread::sleep(Duration::from_millis(wait));
        way.cut();
        let ended = running.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&ended.stdout) + String::from_utf8_lossy(&ended.stderr);
        assert_eq!(ended.status.code(), Some(1), "{said}");
        assert!(said.contains("cannot be reached") || said.contains("the connection failed"), "{said}");
        let sent = writes(&served);
        way.mend();
        let other = machine(&served, &state);
        assert_eq!(other.run(&["unlock", "--yes"]).code, 0);
        apply(&other, 0);
        assert_eq!(snapshot(&served.url), expected, "cut after {wait} ms, {sent} writes before");
        nothing_twice(&served);
    }
}

const TENANTS: usize = 50;
/// People of each.
const PEOPLE: usize = 3;

/// A folder with the manifests of all tenants.
fn tenants(served: &Served, state: &str) -> Folder {
    let mut folder = Folder::empty();
    folder.set("DIALPAD_TOKEN", TOKEN);
    with_keys(&mut folder);
    for tenant in 0..TENANTS {
        let manifest = format!(
            "version: 1\nname: tenant-{tenant:02}\nsource: {{ files: {{ people: people.csv }} }}\nscope: everyone\n\
             target: {{ dialpad: {{ scim: {{ url: \"{}\", token: {{ env: DIALPAD_TOKEN }}, rate: unlimited }} }} }}\n\
             mappings: {{ users: {{ match: [userName], attributes: {{ userName: {{ attribute: userPrincipalName }}, \
             externalId: {{ attribute: objectId }} }} }} }}\nstate: {{ url: {state} }}\n",
            served.url
        );
        let people: String = (0..PEOPLE).map(|n| format!("p{n}@tenant{tenant:02}.example,t{tenant}-{n}\n")).collect();
        folder.write(&format!("tenants/{tenant:02}/dialform.yaml"), &manifest);
        folder.write(&format!("tenants/{tenant:02}/people.csv"), &format!("userPrincipalName,objectId\n{people}"));
    }
    folder
}

/// Every person of every tenant was created by one request.
fn each_once(served: &Served) {
    assert_eq!(writes(served), u64::try_from(TENANTS * PEOPLE).unwrap());
    nothing_twice(served);
}

#[test]
#[ignore = "tests/objects.sh starts the store"]
fn fifty_tenants_by_four_processes_are_each_applied_once() {
    let served = Served::start(TOKEN, &[]);
    let folder = tenants(&served, &prefix());
    let one = |tenant: usize| {
        let file = format!("tenants/{tenant:02}/dialform.yaml");
        let ran = folder.run(&["apply", "--yes", "--format", "json", "--manifest", &file]);
        assert!([0, 6].contains(&ran.code), "{tenant}: {}{}", ran.out, ran.err);
        let outcome: Value = serde_json::from_str(&ran.out).unwrap_or_default();
        (ran.code, outcome["results"].as_array().map_or(0, Vec::len))
    };
    // Each of four workers goes through all tenants, so that they meet at every one.
    let runs: Vec<Vec<(i32, usize)>> = thread::scope(|scope| {
        let workers: Vec<_> = (0..4).map(|_| scope.spawn(|| (0..TENANTS).map(one).collect())).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let mut refused = 0;
    for tenant in 0..TENANTS {
        let of_it: Vec<_> = runs.iter().map(|worker| worker[tenant]).collect();
        let done: Vec<usize> = of_it.iter().map(|(_, done)| *done).filter(|done| *done > 0).collect();
        assert_eq!(done, [PEOPLE], "tenant {tenant}: {of_it:?}");
        refused += of_it.iter().filter(|(code, _)| *code == 6).count();
    }
    each_once(&served);
    println!("{TENANTS} tenants, 4 processes, {} applies: {refused} met another at work", 4 * TENANTS);
    assert!(refused > 0, "they never met");
}

#[test]
#[ignore = "tests/objects.sh starts the store"]
fn fifty_tenants_in_four_shards_are_all_applied() {
    let served = Served::start(TOKEN, &[]);
    let folder = tenants(&served, &prefix());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/tenants/apply-shard.sh");
    let program = std::path::Path::new(env!("CARGO_BIN_EXE_dialform")).parent().unwrap();
    let path = format!("{}:{}", program.display(), env::var("PATH").unwrap());
    let shards = (0..4).map(|shard| {
        let mut command = folder.command(&[]);
        let mut with = std::process::Command::new("sh");
        with.args([script, &shard.to_string(), "4"]).current_dir(command.get_current_dir().unwrap()).env_clear();
        with.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?)))).env("PATH", &path);
        command = with;
        command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    });
    let shards: Vec<Child> = shards.collect();
    let mut done = 0;
    for shard in shards {
        let ended = shard.wait_with_output().unwrap();
        let said = String::from_utf8(ended.stdout).unwrap();
        assert!(ended.status.success(), "{said}{}", String::from_utf8_lossy(&ended.stderr));
        done += said.lines().filter(|line| line.starts_with("done: ")).count();
    }
    assert_eq!(done, TENANTS);
    each_once(&served);
}

#[test]
#[ignore = "tests/objects.sh starts the store"]
fn what_keeps_it_from_working_is_one_sentence_with_the_next_step() {
    let served = Served::start(TOKEN, &[]);
    let state = prefix();
    let said = |folder: &Folder| {
        let ran = folder.run(&["plan"]);
        assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
        discreet(&ran);
        assert!(ran.err.starts_with("failed to ") && ran.err.trim_end().lines().count() == 1, "{}", ran.err);
        ran.err
    };
    // To fake-gcs-server that is an error of its own.
    if !state.starts_with("gs://") {
        let missing = state.replacen("://", "://no-such-", 1);
        let err = said(&machine(&served, &missing));
        assert!(err.contains("there is no such bucket or container; create it"), "{err}");
    }
    let mut unreachable = machine(&served, &state);
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    unreachable.set(endpoint_variable(&state), &format!("http://{closed}/devstoreaccount1"));
    let err = said(&unreachable);
    assert!(err.contains("it cannot be reached; check the network"), "{err}");
    let mut plain = machine(&served, &state);
    plain.set(endpoint_variable(&state), "http://store.example:9000");
    let err = said(&plain);
    assert!(err.contains("in the clear") && err.contains("https://"), "{err}");
    if state.starts_with("az://") {
        let mut wrong = machine(&served, &state);
        wrong.set("AZURE_STORAGE_ACCOUNT_KEY", "d3Jvbmcga2V5IHdyb25nIGtleSB3cm9uZyBrZXk=");
        let err = said(&wrong);
        assert!(err.contains("the credentials are not accepted") || err.contains("access is denied"), "{err}");
    }
}

//! Settings from flags, the environment and a file; flags override the environment, which overrides
//! the file.
//!
//! The file is TOML and has the flags' names as keys: `max-rooms = 500`, `tls = "self-signed"`,
//! `tls-name = ["a", "b"]`. In the environment `--max-rooms` is `TACIT_SIGNALING_MAX_ROOMS`.

use std::ffi::OsString;
use std::path::Path;

use clap::CommandFactory;

/// The prefix of the environment variables.
const PREFIX: &str = "TACIT_SIGNALING_";

/// Returns the command line with the settings of the file and of the environment inserted in front,
/// so that explicit flags override them.
///
/// # Errors
/// A sentence that says what is wrong with the file, and what to do.
pub(crate) fn arguments<C: CommandFactory>(
    given: impl Iterator<Item = OsString>,
    environment: impl Fn(&str) -> Option<OsString>,
) -> Result<Vec<OsString>, String> {
    let mut given = given;
    let program = given.next().unwrap_or_default();
    let given: Vec<OsString> = given.collect();
    let command = C::command();
    let flags: Vec<&str> = command.get_arguments().filter_map(clap::Arg::get_long).collect();
    let in_environment = |flag: &str| environment(&format!("{PREFIX}{}", flag.replace('-', "_").to_uppercase()));

    let mut all = vec![program];
    if let Some(path) = file(&given).or_else(|| in_environment("config")) {
        let table = read(Path::new(&path))?;
        for (key, value) in &table {
            if key == "config" || !flags.contains(&key.as_str()) {
                return Err(format!("there is no setting `{key}`; the names are those of the flags, see --help"));
            }
            // The environment overrides the file, and is added next.
            if in_environment(key).is_none() {
                for text in texts(value)
                    .ok_or_else(|| format!("`{key}` is neither text, a number, yes or no, nor a list of these"))?
                {
                    all.push(format!("--{key}={text}").into());
                }
            }
        }
    }
    for flag in flags.iter().filter(|flag| !["config", "help", "version"].contains(*flag)) {
        if let Some(value) = in_environment(flag) {
            let mut argument = OsString::from(format!("--{flag}="));
            argument.push(value);
            all.push(argument);
        }
    }
    all.extend(given);
    Ok(all)
}

/// Returns the settings file that the command line names.
fn file(given: &[OsString]) -> Option<OsString> {
    let follows = |flag: &OsString| flag == "--config";
    let after = given.iter().position(follows).and_then(|at| given.get(at + 1)).cloned();
    after.or_else(|| given.iter().find_map(|text| text.to_str()?.strip_prefix("--config=").map(OsString::from)))
}

fn read(path: &Path) -> Result<toml::Table, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    text.parse().map_err(|error| format!("{} is not TOML: {error}", path.display()))
}

/// Returns a setting as the values of a flag; a list repeats the flag.
fn texts(value: &toml::Value) -> Option<Vec<String>> {
    match value {
        toml::Value::String(text) => Some(vec![text.clone()]),
        toml::Value::Integer(number) => Some(vec![number.to_string()]),
        toml::Value::Boolean(yes) => Some(vec![yes.to_string()]),
        toml::Value::Array(values) => values.iter().map(texts).collect::<Option<Vec<_>>>().map(|texts| texts.concat()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;
    use crate::Cli;

    fn with_file(content: &str, environment: &[(&str, &str)], given: &[&str]) -> Result<Cli, String> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tmp");
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(format!("settings-{}-{content:p}.toml", std::process::id()));
        std::fs::write(&path, content).unwrap();
        let config = path.clone().into_os_string();
        let all = [OsString::from("program"), "--config".into(), config];
        let given = all.into_iter().chain(given.iter().map(OsString::from));
        let environment =
            |name: &str| environment.iter().find(|(set, _)| *set == name).map(|(_, value)| OsString::from(value));
        let arguments = arguments::<Cli>(given, environment);
        std::fs::remove_file(&path).unwrap();
        Cli::try_parse_from(arguments?).map_err(|error| error.to_string())
    }

    #[test]
    fn flags_count_more_than_the_environment_and_that_more_than_the_file() {
        let file = "max-rooms = 1\nqueue = 2\nwaiting = \"3m\"\ntls-name = [\"a\", \"b\"]\n";
        let environment = [("TACIT_SIGNALING_MAX_ROOMS", "10"), ("TACIT_SIGNALING_QUEUE", "20")];
        let cli = with_file(file, &environment, &["--max-rooms", "100"]).unwrap();
        assert_eq!((cli.limits.max_rooms, cli.limits.queue.get()), (100, 20));
        assert_eq!(cli.limits.waiting, std::time::Duration::from_secs(180));
        assert_eq!(cli.tls_name, ["a", "b"]);
    }

    #[test]
    fn a_relay_is_set_like_everything_else() {
        let file = "turn = \"[::]:3478\"\nturn-name = \"turn.example.org\"\nturn-ports = \"5000-5999\"\n\
                    turn-private-peers = true\nice-server = [\"stun:a.example.org\", \"turn:b.example.org,me,secret\"]\n";
        let cli = with_file(file, &[("TACIT_SIGNALING_TURN_LIFETIME", "1h")], &["--turn-ports", "6000-6999"]).unwrap();
        assert_eq!(cli.turn.as_deref(), Some("[::]:3478"));
        assert_eq!(cli.turn_terms.name.as_deref(), Some("turn.example.org"));
        assert_eq!(cli.turn_terms.ports, 6000..=6999);
        assert_eq!(cli.turn_terms.lifetime, std::time::Duration::from_secs(3600));
        assert!(cli.turn_terms.private_peers);
        assert_eq!(cli.ice_server.len(), 2);
        let cli = with_file("", &[], &["--turn", "--turn-private-peers"]).unwrap();
        assert_eq!(cli.turn.as_deref(), Some("0.0.0.0:3478"));
        assert!(cli.turn_terms.private_peers);
        assert!(with_file("ice-server = \"turn:b.example.org\"\n", &[], &[]).is_err());
    }

    #[test]
    fn what_is_wrong_is_said() {
        let wrong = |file: &str| with_file(file, &[], &[]).err().unwrap();
        assert!(wrong("max-room = 1").contains("no setting `max-room`"));
        assert!(wrong("max-rooms = ").contains("not TOML"));
        assert!(wrong("max-rooms = 1.5").contains("neither text"));
        assert!(wrong("max-rooms = -5").contains("--max-rooms"));
        assert!(wrong("config = \"other\"").contains("no setting"));
        let missing = arguments::<Cli>(["p", "--config=/nowhere/at/all"].map(OsString::from).into_iter(), |_| None);
        assert!(missing.unwrap_err().contains("cannot read /nowhere/at/all"));
    }
}

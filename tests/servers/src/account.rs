use std::{fs, io, os::unix::process::CommandExt, process::Command};

/// The account that PostgreSQL runs as: it refuses to run as root.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Account(Option<(u32, u32)>);

impl Account {
    /// The account of this process, or another one if that is root.
    pub(crate) fn unprivileged() -> io::Result<Self> {
        let status = fs::read_to_string("/proc/self/status")?;
        let is_root = status
            .lines()
            .filter_map(|line| line.strip_prefix("Uid:"))
            .any(|ids| ids.split_whitespace().nth(1) == Some("0"));
        if !is_root {
            return Ok(Self(None));
        }
        let accounts = fs::read_to_string("/etc/passwd")?;
        ["postgres", "nobody"]
            .iter()
            .find_map(|name| find(&accounts, name))
            .map(|ids| Self(Some(ids)))
            .ok_or_else(|| {
                io::Error::other(
                    "no account to run the server as: neither postgres nor nobody exists",
                )
            })
    }

    pub(crate) fn command(self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        if let Some((user, group)) = self.0 {
            command.uid(user).gid(group);
        }
        command
    }

    pub(crate) fn ids(self) -> Option<(u32, u32)> {
        self.0
    }
}

fn find(accounts: &str, name: &str) -> Option<(u32, u32)> {
    accounts.lines().find_map(|line| {
        let mut fields = line.split(':');
        if fields.next()? != name {
            return None;
        }
        Some((fields.nth(1)?.parse().ok()?, fields.next()?.parse().ok()?))
    })
}

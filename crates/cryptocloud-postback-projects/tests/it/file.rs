use std::{
    fs,
    os::unix::fs::symlink,
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use cryptocloud_postback::testing::PostbackBuilder;
use cryptocloud_postback_inbox::InboxBuildError;
use cryptocloud_postback_projects::{FileError, FileProjects, Inboxes, Project, Projects};
use tempfile::TempDir;
use tokio::{runtime::Handle, task::yield_now, time};

use crate::{FIRST, SECOND, accepts, inbox, inboxes, log::Log, takes};

pub(crate) struct Files(TempDir);

impl Files {
    pub(crate) fn new(text: &str) -> Self {
        let files = Self(tempfile::tempdir().expect("a directory"));
        files.write("projects.toml", text);
        files
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).expect("a file");
    }

    pub(crate) async fn open(&self) -> Result<FileProjects, FileError> {
        FileProjects::open(self.path("projects.toml"), inboxes().0).await
    }
}

async fn shop(projects: &FileProjects) -> Option<Project> {
    projects.find("shop").await.expect("an outcome")
}

/// Until the condition holds.
pub(crate) async fn until(mut condition: impl AsyncFnMut() -> bool) {
    let start = Instant::now();
    while !condition().await {
        assert!(start.elapsed() < HANG, "the condition never holds");
        yield_now().await;
    }
}

/// The same while the clock is paused.
async fn until_then(mut condition: impl AsyncFnMut() -> bool) {
    until(async || {
        time::advance(Duration::from_millis(10)).await;
        condition().await
    })
    .await;
}

#[tokio::test]
async fn settings() {
    let files = Files::new(&format!(
        "[projects.shop]\nsecret_file = 'shop'\nalso_accept = ['{SECOND}']\n\
         [projects.club]\nsecret = 'short'\nallow_short_secrets = true\n\
         also_accept_files = ['shop']\nrequire_live_payment = true\n"
    ));
    for line_break in ["", "\n", "\r\n"] {
        files.write("shop", &format!("{FIRST}{line_break}"));
        let projects = files.open().await.expect("projects");
        let shop = shop(&projects).await.expect("a project");
        assert!(accepts(&shop, FIRST) && accepts(&shop, SECOND));
        assert!(!accepts(&shop, "short"));
        let club = projects.find("club").await.expect("an outcome");
        let club = club.expect("a project");
        assert!(accepts(&club, "short") && accepts(&club, FIRST));
        assert!(!accepts(&club, SECOND));
        let test = PostbackBuilder::new(FIRST).test_mode(true);
        assert!(takes(&shop, &test) && !takes(&club, &test));
    }
}

/// Whatever is wrong with the file, the last good state stays, and the log has the line and no secret.
#[tokio::test]
async fn a_broken_file_keeps_the_last_state() {
    let (log, _guard) = Log::start();
    let good = format!("[projects.shop]\nsecret = '{FIRST}'");
    let files = Files::new(&good);
    let (inboxes, made) = inboxes();
    let projects = FileProjects::open(files.path("projects.toml"), inboxes);
    let projects = projects.await.expect("projects");
    let half = format!("{good}\n[projects.club]\nsecret = '{SECOND}");
    for (broken, line) in [
        (half.as_str(), "line 4: not valid TOML"),
        ("", "file has no project"),
        (
            "[projects.shop]\nsecret = ''",
            "line 2: secret cannot be used",
        ),
    ] {
        files.write("projects.toml", broken);
        until(async || log.count(line) > 0).await;
        let shop = shop(&projects).await.expect("a project");
        assert!(accepts(&shop, FIRST));
    }
    assert_eq!(made.load(Ordering::SeqCst), 1);
    files.write(
        "projects.toml",
        &format!("[projects.shop]\nsecret = '{SECOND}'"),
    );
    until(async || accepts(&shop(&projects).await.expect("a project"), SECOND)).await;
    assert_eq!(made.load(Ordering::SeqCst), 1);
    assert_eq!(log.count("projects were loaded again"), 1);
    for secret in [FIRST, SECOND] {
        assert_eq!(log.count(secret), 0, "{}", log.text());
    }
    assert!(!format!("{projects:?}").contains(SECOND));
}

/// A name that is new gets its inbox, and one that is gone is unknown.
#[tokio::test]
async fn projects_come_and_go() {
    let files = Files::new(&format!("[projects.shop]\nsecret = '{FIRST}'"));
    let projects = files.open().await.expect("projects");
    files.write(
        "projects.toml",
        &format!("[projects.club]\nsecret = '{FIRST}'"),
    );
    until(async || shop(&projects).await.is_none()).await;
    let club = projects.find("club").await.expect("an outcome");
    assert_eq!(club.expect("a project").inbox().project(), "club");
}

#[tokio::test]
async fn reading_ends_with_the_projects() {
    let files = Files::new(&format!("[projects.shop]\nsecret = '{FIRST}'"));
    let tasks = Handle::current().metrics();
    let projects = files.open().await.expect("projects");
    assert_eq!(tasks.num_alive_tasks(), 1);
    drop(projects);
    until(async || tasks.num_alive_tasks() == 0).await;
}

/// A project without an inbox stops the start, and a change; the change is tried again.
#[tokio::test(start_paused = true)]
async fn an_inbox_that_cannot_be_made() {
    let is_down = AtomicBool::new(true);
    let inboxes = Inboxes::new(move |name| {
        let inbox = if &*name == "club" && is_down.swap(false, Ordering::SeqCst) {
            Err(InboxBuildError::Workers)
        } else {
            inbox(if &*name == "liar" { "shop" } else { &name }).build()
        };
        async { Ok(inbox?) }
    });
    let (log, _guard) = Log::start();
    let file = |name: &str| format!("[projects.{name}]\nsecret = '{FIRST}'\n");
    let files = Files::new(&file("liar"));
    let path = files.path("projects.toml");
    let error = FileProjects::open(&path, inboxes.clone()).await;
    let error = error.expect_err("an error");
    assert_eq!(error.to_string(), "line 1: project cannot be used");
    assert_eq!(error.line(), Some(1));
    files.write("projects.toml", &file("shop"));
    let projects = FileProjects::open(&path, inboxes).await.expect("projects");
    files.write("projects.toml", &(file("shop") + &file("club")));
    until_then(async || log.count("line 3: inbox cannot be made") > 0).await;
    assert!(shop(&projects).await.is_some());
    let club = async || projects.find("club").await.expect("an outcome");
    assert!(club().await.is_none());
    time::advance(POLL).await;
    until_then(async || club().await.is_some()).await;
}

/// A half that is valid by itself is not taken up while the writer goes on. What stays as it is, good or
/// broken, is in the log once, however often it is read.
#[tokio::test(start_paused = true)]
async fn a_file_is_not_taken_up_while_it_is_written() {
    let (log, _guard) = Log::start();
    let shop_part = format!("[projects.shop]\nsecret = '{FIRST}'\n");
    let club_part = format!("[projects.club]\nsecret = '{SECOND}'\n");
    let files = Files::new(&shop_part);
    let projects = files.open().await.expect("projects");
    files.write("projects.toml", &club_part);
    time::advance(POLL).await;
    // The first half is read meanwhile.
    for _ in 0..20_000 {
        assert!(shop(&projects).await.is_some());
        yield_now().await;
    }
    files.write("projects.toml", &(club_part + &shop_part));
    until_then(async || {
        assert!(shop(&projects).await.is_some());
        projects.find("club").await.expect("an outcome").is_some()
    })
    .await;

    let read_often = async || {
        for _ in 0..4 {
            time::advance(POLL).await;
            for _ in 0..20_000 {
                yield_now().await;
            }
            time::advance(POLL).await;
        }
    };
    read_often().await;
    assert_eq!(log.count("loaded again"), 1, "{}", log.text());
    files.write("projects.toml", "broken");
    until_then(async || log.count("line 1: not valid TOML") > 0).await;
    read_often().await;
    assert_eq!(log.count("line 1: not valid TOML"), 1, "{}", log.text());
}

/// The system reports no change of a file behind a link to another directory.
#[tokio::test(start_paused = true)]
async fn what_the_system_does_not_report_is_found_by_reading() {
    let files = Files::new(&format!("[projects.shop]\nsecret = '{FIRST}'"));
    let links = tempfile::tempdir().expect("a directory");
    let link = links.path().join("projects.toml");
    symlink(files.path("projects.toml"), &link).expect("a link");
    let projects = FileProjects::open(link, inboxes().0)
        .await
        .expect("projects");
    files.write(
        "projects.toml",
        &format!("[projects.shop]\nsecret = '{SECOND}'"),
    );
    time::advance(POLL).await;
    until_then(async || accepts(&shop(&projects).await.expect("a project"), SECOND)).await;
}

const HANG: Duration = Duration::from_secs(60);
const POLL: Duration = Duration::from_secs(30);

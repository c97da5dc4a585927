//! What `projects_route` does over TCP, the same in each adapter.

use std::{
    fs,
    net::SocketAddr,
    os::unix::fs::symlink,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use cryptocloud_postback::{SecretKey, Verifier, testing::PostbackBuilder};
use cryptocloud_postback_inbox::{Failure, Handler, Inbox, MemoryStore, Payment};
use cryptocloud_postback_projects::{
    CachedProjects, FileProjects, Inboxes, Project, ProjectMap, Projects, SourceError,
};
use futures_util::future::join_all;
use tempfile::TempDir;
use tokio::{io::AsyncWriteExt, sync::Notify, time::timeout};

use crate::wire::{connect, response};

/// Starts a server with the route at `/postback/{project}`, and a deadline of 3 s for bodies.
pub(crate) trait Serve: AsyncFn(Arc<dyn Projects>) -> SocketAddr {}

impl<F: AsyncFn(Arc<dyn Projects>) -> SocketAddr> Serve for F {}

pub(crate) const BODY_TIMEOUT: Duration = Duration::from_secs(3);

struct Shop;

impl Handler<()> for Shop {
    async fn handle(&self, _: &Payment, _: &mut ()) -> Result<(), Failure> {
        Ok(())
    }
}

pub(crate) fn project(name: &str, secret: &str) -> Project {
    let verifier = Verifier::builder(SecretKey::new(secret).expect("a key"));
    let verifier = verifier.project(name).build().expect("a verifier");
    let inbox = Inbox::builder(name, MemoryStore::new(100), Shop).build();
    Project::new(verifier, inbox.expect("an inbox")).expect("a project")
}

fn shop_and_club() -> Arc<ProjectMap> {
    let projects = [project("shop", OLD), project("club", NEW)];
    Arc::new(ProjectMap::new(projects).expect("projects"))
}

/// The token of one project is worth nothing at another, and the head is checked before the name.
pub(crate) async fn keeps_projects_apart(serve: impl Serve) {
    let address = serve(shop_and_club()).await;
    for (method, name, secret, status) in [
        ("POST", "shop", OLD, 200),
        ("POST", "club", NEW, 200),
        ("POST", "shop", NEW, 401),
        ("POST", "club", OLD, 401),
        ("POST", "Shop", OLD, 404),
        ("POST", "shop.", OLD, 404),
        ("POST", "..%2fshop", OLD, 404),
        ("PUT", "shop", OLD, 405),
        ("PUT", "unknown", OLD, 405),
    ] {
        let reply = send(address, method, name, secret).await;
        let expected = format!("HTTP/1.1 {status} ");
        assert!(reply.starts_with(&expected), "{method} {name}: {reply}");
        if status == 404 {
            let head = reply.to_ascii_lowercase();
            assert!(
                head.contains("\r\ncontent-type: application/json\r\n"),
                "{reply}"
            );
            assert!(
                reply.ends_with("\r\n\r\n{\"error\":\"Not found\"}"),
                "{reply}"
            );
        }
    }
}

/// The body of an unknown project is read to its end, but not for longer than the deadline.
pub(crate) async fn drops_the_body_of_an_unknown_project(serve: impl Serve) {
    let address = serve(shop_and_club()).await;
    for _ in 0..50 {
        let mut stream = connect(address).await;
        let head = "POST /postback/unknown HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\
                    transfer-encoding: chunked\r\n\r\n";
        stream.write_all(head.as_bytes()).await.expect("a head");
        for _ in 0..50 {
            let chunk = [b"1000\r\n", &[b' '; 0x1000][..], b"\r\n"].concat();
            stream.write_all(&chunk).await.expect("a chunk");
            // The server has its turn between two chunks.
            tokio::task::yield_now().await;
        }
        stream.write_all(b"0\r\n\r\n").await.expect("the end");
        let reply = response(&mut stream).await.expect("a response");
        assert!(reply.starts_with("HTTP/1.1 404 "), "{reply}");
    }
    for framing in ["content-length: 1000", "transfer-encoding: chunked"] {
        let mut stream = connect(address).await;
        let head = format!("POST /postback/unknown HTTP/1.1\r\nhost: shop\r\n{framing}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.expect("a head");
        let reply = timeout(HANG, response(&mut stream)).await;
        let reply = reply.expect("no hang").expect("a response");
        assert!(reply.starts_with("HTTP/1.1 404 "), "{reply}");
    }
}

/// The file is replaced twice: the new secret beside the old one, then the new one alone.
pub(crate) async fn takes_up_a_changed_file(serve: impl Serve) {
    let directory = tempfile::tempdir().expect("a directory");
    let file = directory.path().join("projects.toml");
    let write = |settings: &str| {
        let new = directory.path().join("new");
        fs::write(&new, format!("[projects.shop]\n{settings}")).expect("a file");
        fs::rename(new, &file).expect("a rename");
    };
    write(&format!("secret = '{OLD}'"));
    let (inboxes, made) = inboxes();
    let projects = FileProjects::open(&file, inboxes).await.expect("projects");
    rotate(serve(Arc::new(projects)).await, |step| match step {
        Step::Both => write(&format!("secret = '{NEW}'\nalso_accept = ['{OLD}']")),
        Step::NewOnly => write(&format!("secret = '{NEW}'")),
    })
    .await;
    assert_eq!(made.load(Ordering::SeqCst), 1);
}

/// As kubelet does it: a new directory, and a link to it that is replaced by renaming.
pub(crate) async fn takes_up_a_kubernetes_secret(serve: impl Serve) {
    let mount = tempfile::tempdir().expect("a directory");
    let swap = |version: &str, secret: &str, old: &str| {
        let data = mount.path().join(format!("..{version}"));
        fs::create_dir(&data).expect("a directory");
        for (name, text) in [
            ("projects.toml", KUBERNETES),
            ("shop", secret),
            ("shop.old", old),
        ] {
            fs::write(data.join(name), text).expect("a file");
        }
        let earlier = fs::read_link(mount.path().join("..data")).ok();
        let link = mount.path().join("..data_tmp");
        symlink(format!("..{version}"), &link).expect("a link");
        fs::rename(link, mount.path().join("..data")).expect("a rename");
        if let Some(earlier) = earlier {
            fs::remove_dir_all(mount.path().join(earlier)).expect("a directory");
        }
    };
    swap("2026_1", OLD, OLD);
    link_to_data(&mount, &["projects.toml", "shop", "shop.old"]);
    let file = mount.path().join("projects.toml");
    let projects = FileProjects::open(file, inboxes().0)
        .await
        .expect("projects");
    rotate(serve(Arc::new(projects)).await, |step| match step {
        Step::Both => swap("2026_2", NEW, OLD),
        Step::NewOnly => swap("2026_3", NEW, NEW),
    })
    .await;
}

fn link_to_data(mount: &TempDir, names: &[&str]) {
    for name in names {
        let target = Path::new("..data").join(name);
        symlink(target, mount.path().join(name)).expect("a link");
    }
}

/// The vendor changes the secret between the two steps. No postback is refused at any time.
async fn rotate(address: SocketAddr, change: impl Fn(Step)) {
    let status = async |secret| {
        let reply = send(address, "POST", "shop", secret).await;
        reply.get(9..12).expect("a status").to_owned()
    };
    assert_eq!(status(OLD).await, "200");
    assert_eq!(status(NEW).await, "401");
    change(Step::Both);
    let taken_up = async {
        while status(NEW).await != "200" {
            assert_eq!(status(OLD).await, "200");
        }
    };
    timeout(REPORTED, taken_up).await.expect("the new secret");
    assert_eq!(status(OLD).await, "200");
    change(Step::NewOnly);
    let taken_up = async {
        while status(OLD).await != "401" {
            assert_eq!(status(NEW).await, "200");
        }
    };
    timeout(REPORTED, taken_up)
        .await
        .expect("the end of the old one");
    assert_eq!(status(NEW).await, "200");
}

enum Step {
    Both,
    NewOnly,
}

/// A known project stays in use while the source is down; another one is a 503, never a 404.
pub(crate) async fn survives_a_source_that_is_down(serve: impl Serve) {
    let source = Source::default();
    let projects = CachedProjects::new(source.clone()).time_to_live(Duration::ZERO);
    let address = serve(Arc::new(projects)).await;
    let check = async |name, status| {
        let reply = send(address, "POST", name, OLD).await;
        assert!(
            reply.starts_with(&format!("HTTP/1.1 {status} ")),
            "{name}: {reply}"
        );
        let is_later = reply
            .to_ascii_lowercase()
            .contains("\r\nretry-after: 10\r\n");
        assert_eq!(is_later, status == 503, "{name}: {reply}");
    };
    check("shop", 200).await;
    check("unknown", 404).await;
    source.is_down.store(true, Ordering::SeqCst);
    check("shop", 200).await;
    check("club", 503).await;
    check("unknown", 503).await;
    assert_eq!(source.loads.load(Ordering::SeqCst), 5);
}

/// 100 postbacks at once, of a project that was not asked for before.
pub(crate) async fn loads_once_for_many(serve: impl Serve) {
    let source = Source::default();
    source.is_gated.store(true, Ordering::SeqCst);
    let address = serve(Arc::new(CachedProjects::new(source.clone()))).await;
    let requests = (0..100).map(async |index| {
        let mut stream = connect(address).await;
        stream
            .write_all(&request("POST", "shop", OLD))
            .await
            .expect("a request");
        if index == 99 {
            source.gate.notify_one();
        }
        let reply = response(&mut stream).await.expect("a response");
        assert!(reply.starts_with("HTTP/1.1 200 "), "{reply}");
    });
    timeout(HANG, join_all(requests)).await.expect("no hang");
    assert_eq!(source.loads.load(Ordering::SeqCst), 1);
}

/// A vault with the projects `shop` and `club`.
#[derive(Clone, Default)]
struct Source {
    gate: Arc<Notify>,
    is_down: Arc<AtomicBool>,
    is_gated: Arc<AtomicBool>,
    loads: Arc<AtomicUsize>,
}

#[async_trait]
impl Projects for Source {
    async fn find(&self, name: &str) -> Result<Option<Project>, SourceError> {
        self.loads.fetch_add(1, Ordering::SeqCst);
        if self.is_gated.load(Ordering::SeqCst) {
            self.gate.notified().await;
        }
        if self.is_down.load(Ordering::SeqCst) {
            return Err(SourceError::new("vault is sealed"));
        }
        Ok(matches!(name, "shop" | "club").then(|| project(name, OLD)))
    }
}

/// What makes inboxes, and how many it has made.
fn inboxes() -> (Inboxes, Arc<AtomicUsize>) {
    let made = Arc::<AtomicUsize>::default();
    let counter = Arc::clone(&made);
    let inboxes = Inboxes::new(move |name| {
        counter.fetch_add(1, Ordering::SeqCst);
        let builder = Inbox::builder(name, MemoryStore::new(100), Shop);
        async { Ok(builder.build()?) }
    });
    (inboxes, made)
}

async fn send(address: SocketAddr, method: &str, name: &str, secret: &str) -> String {
    let mut stream = connect(address).await;
    let request = request(method, name, secret);
    stream.write_all(&request).await.expect("a request");
    response(&mut stream).await.expect("a response")
}

fn request(method: &str, name: &str, secret: &str) -> Vec<u8> {
    let body = PostbackBuilder::new(secret).json().body();
    [head(method, name, body.len()).as_bytes(), &body].concat()
}

fn head(method: &str, name: &str, length: usize) -> String {
    format!(
        "{method} /postback/{name} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\
         content-length: {length}\r\n\r\n"
    )
}

const HANG: Duration = Duration::from_secs(60);
/// Before the file is read anyway.
const REPORTED: Duration = Duration::from_secs(20);
const KUBERNETES: &str = "
    [projects.shop]
    secret_file = 'shop'
    also_accept_files = ['shop.old']
";
const OLD: &str = "not-a-real-key-only-for-these-tests";
const NEW: &str = "not-a-real-key-either-only-for-tests";

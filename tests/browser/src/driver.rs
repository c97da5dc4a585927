use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use tempfile::TempDir;

/// A chromedriver process and its session, which it ends before itself.
#[derive(Debug)]
pub(crate) struct Driver {
    child: Child,
    /// The home folder of the browser, with no files of the user.
    home: TempDir,
    port: u16,
    session: Option<String>,
}

impl Driver {
    pub(crate) fn start() -> io::Result<Self> {
        let home = TempDir::with_prefix("browser-")?;
        let mut child = Command::new("chromedriver")
            .arg("--port=0")
            .env("HOME", home.path())
            .env("XDG_CONFIG_HOME", home.path())
            .env("XDG_CACHE_HOME", home.path())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let stdout = child.stdout.take();
        let mut driver = Self {
            child,
            home,
            port: 0,
            session: None,
        };
        let mut lines = BufReader::new(stdout.ok_or_else(|| io::Error::other("no pipe"))?).lines();
        let port = lines.by_ref().map_while(Result::ok).find_map(|line| {
            line.rsplit_once("on port ")?
                .1
                .strip_suffix('.')?
                .parse()
                .ok()
        });
        driver.port = port.ok_or_else(|| io::Error::other("chromedriver printed no port"))?;
        // Without a reader its writes would fail.
        thread::spawn(move || lines.for_each(drop));
        Ok(driver)
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Makes this session end with the driver.
    pub(crate) fn own(&mut self, session: String) {
        self.session = Some(session);
    }

    /// Ends the browser, which would outlive its driver.
    fn quit(&self, session: &str) -> io::Result<()> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port))?;
        stream.set_read_timeout(Some(Duration::from_secs(30)))?;
        write!(
            stream,
            "DELETE /session/{session} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n\r\n",
            self.port
        )?;
        // The response comes once the browser has ended; the connection stays open.
        stream.read(&mut [0]).map(drop)
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        if let Some(session) = &self.session
            && let Err(error) = self.quit(session)
        {
            eprintln!("the browser did not end: {error}");
        }
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

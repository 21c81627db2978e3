//! A real browser: headless Chromium, driven by chromedriver as W3C WebDriver has it.

use crate::tools::{curl, curl_with_input, wait_for};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};
use tempfile::TempDir;

/// The name under which WebDriver hands elements over.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser with one window; closed with the test.
pub struct Browser {
    driver: Child,
    /// Open as long as the driver lives, which may still say something.
    _said: Lines<BufReader<ChildStdout>>,
    url: String,
    /// Where the browser puts its own files, of which it leaves some.
    _files: TempDir,
}

/// How a window looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Look {
    /// Pixels.
    pub width: u32,
    /// The system's colours are dark.
    pub is_dark: bool,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // the driver's end alone would leave the browser behind
        let _ = curl(["--request", "DELETE", &self.url]);
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

/// So often chromedriver may end before it listens, which happens now and then where several start at a time.
const TRIES: usize = 5;

/// A driver that listens, with what it says and its port.
fn start_driver(files: &Path) -> Option<(Child, Lines<BufReader<ChildStdout>>, u16)> {
    let mut driver = Command::new("chromedriver")
        .arg("--port=0")
        .env("TMPDIR", files)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap_or_else(|error| panic!("chromedriver: {error}"));
    let mut lines = BufReader::new(driver.stdout.take().expect("it is a pipe")).lines();
    let said = |line: String| line.rsplit_once("successfully on port ")?.1.trim_end_matches('.').parse::<u16>().ok();
    match lines.by_ref().map_while(Result::ok).find_map(said) {
        Some(port) => Some((driver, lines, port)),
        None => {
            let _ = driver.kill();
            let _ = driver.wait();
            None
        }
    }
}

impl Browser {
    /// Starts one, in which pages may have scripts or not.
    pub fn start(has_scripts: bool) -> Self {
        let files = TempDir::new().expect("a temporary folder");
        let started = (0..TRIES).find_map(|_| start_driver(files.path())).expect("chromedriver says its port");
        let (driver, lines, port) = started;
        let url = format!("http://127.0.0.1:{port}/session");
        let mut browser = Browser { driver, _said: lines, url, _files: files };
        let javascript = if has_scripts { 1 } else { 2 };
        let options = json!({
            // a container has neither namespaces to make nor a large /dev/shm
            "args": ["--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--hide-scrollbars",
                     "--no-proxy-server"],
            "prefs": {"profile.managed_default_content_settings.javascript": javascript},
        });
        let wanted = json!({"goog:chromeOptions": options, "goog:loggingPrefs": {"browser": "ALL"}});
        let session = browser.post("", &json!({"capabilities": {"alwaysMatch": wanted}}));
        browser.url = format!("{}/{}", browser.url, session["sessionId"].as_str().expect("a session has a name"));
        browser
    }

    /// Sends a command, and panics with what the driver says where it fails.
    fn post(&self, command: &str, body: &Value) -> Value {
        let url = format!("{}{command}", self.url);
        let body = body.to_string();
        let json = ["--header", "Content-Type: application/json", "--data-binary", "@-", &url];
        let said = curl_with_input(json, body.as_bytes());
        let answer: Value = serde_json::from_slice(&said.stdout).unwrap_or_else(|_| panic!("{url}: {}", said.text));
        assert!(answer["value"]["error"].is_null(), "{command}: {}", answer["value"]);
        answer["value"].clone()
    }

    /// Opens a page.
    pub fn open(&self, url: &str) {
        self.post("/url", &json!({"url": url}));
    }

    /// Gives the window a look.
    pub fn look(&self, look: Look) {
        let scheme = if look.is_dark { "dark" } else { "light" };
        for (command, parameters) in [
            (
                "Emulation.setDeviceMetricsOverride",
                json!({"width": look.width, "height": 900, "deviceScaleFactor": 1, "mobile": false}),
            ),
            ("Emulation.setEmulatedMedia", json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]})),
        ] {
            self.post("/goog/cdp/execute", &json!({"cmd": command, "params": parameters}));
        }
    }

    /// What a script in the page returns: `return document.title`. Not for pages without scripts.
    pub fn run(&self, script: &str) -> Value {
        self.post("/execute/sync", &json!({"script": script, "args": []}))
    }

    /// The same for one that ends by calling its last argument.
    pub fn run_until_called(&self, script: &str) -> Value {
        self.post("/execute/async", &json!({"script": script, "args": []}))
    }

    /// The elements of a CSS selector.
    fn elements(&self, selector: &str) -> Vec<String> {
        let found = self.post("/elements", &json!({"using": "css selector", "value": selector}));
        let names = found.as_array().into_iter().flatten();
        names.filter_map(|element| Some(element[ELEMENT].as_str()?.to_owned())).collect()
    }

    /// Whether there is such an element.
    pub fn has(&self, selector: &str) -> bool {
        !self.elements(selector).is_empty()
    }

    /// The text of the first such element, as it is seen; waits until there is one.
    pub fn text(&self, selector: &str) -> String {
        let element = self.element(selector);
        self.get(&format!("/element/{element}/text")).as_str().unwrap_or_default().to_owned()
    }

    /// Types into the first such element.
    pub fn write(&self, selector: &str, text: &str) {
        let element = self.element(selector);
        self.post(&format!("/element/{element}/clear"), &json!({}));
        self.post(&format!("/element/{element}/value"), &json!({"text": text}));
    }

    /// Clicks on the first such element, as a person does: it has to be seen.
    pub fn click(&self, selector: &str) {
        let element = self.element(selector);
        self.post(&format!("/element/{element}/click"), &json!({}));
    }

    /// Clicks on the link with this text.
    pub fn follow(&self, text: &str) {
        let found = self.post("/element", &json!({"using": "link text", "value": text}));
        let element = found[ELEMENT].as_str().expect("an element has a name").to_owned();
        self.post(&format!("/element/{element}/click"), &json!({}));
    }

    /// The URL of the page.
    pub fn location(&self) -> String {
        self.get("/url").as_str().unwrap_or_default().to_owned()
    }

    /// What the browser complains about: scripts that fail, what a Content-Security-Policy forbids.
    pub fn complaints(&self) -> Vec<String> {
        let said = self.post("/se/log", &json!({"type": "browser"}));
        said.as_array().into_iter().flatten().map(|entry| entry["message"].to_string()).collect()
    }

    fn element(&self, selector: &str) -> String {
        wait_for(|| self.elements(selector).into_iter().next()).unwrap_or_else(|| panic!("no {selector} comes"))
    }

    fn get(&self, command: &str) -> Value {
        let said = curl([format!("{}{command}", self.url)]);
        let answer: Value = serde_json::from_slice(&said.stdout).unwrap_or_else(|_| panic!("{command}: {}", said.text));
        assert!(answer["value"]["error"].is_null(), "{command}: {}", answer["value"]);
        answer["value"].clone()
    }
}

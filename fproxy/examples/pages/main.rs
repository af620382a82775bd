//! Serves every page of the console in every state on free ports of this machine, for whoever looks at them
//! with a browser.
//!
//! Prints one JSON object per line, with the name of a scene and its address, then `{"ready":true}`, and
//! stays until Ctrl-C. A scene that needs a form says which page holds it, where it is sent and what is typed;
//! one that is asked for from elsewhere says so; one with `follow` is where the first link leads that has this text in
//! its address. `--without policy,filter` leaves those defences out. The browser chooses language and theme by its own settings.

#[allow(dead_code, reason = "tests use more of it")]
#[path = "../../tests/router/fake_boards.rs"]
mod fake_boards;
#[allow(clippy::unwrap_used, dead_code, reason = "it is the tests' own, who use more of it and may unwrap")]
#[path = "../../tests/router/fake_profile.rs"]
mod fake_profile;
mod stage;

use std::error::Error;
use std::net::Ipv4Addr;
use std::sync::Arc;

use fake_profile::FakeProfile;
use roneo_fproxy::{ApiToken, Check, Defences, Loopback, Settings, page_path, router, serve};
use roneo_keys::Uri;
use serde_json::{Value, json};
use stage::{Ask, Scene, Token, scenes};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    for scene in scenes() {
        println!("{}", open(scene).await?);
    }
    println!("{}", json!({"ready": true}));
    tokio::signal::ctrl_c().await?;
    Ok(())
}

/// All of them, but for those that the command line names.
fn defences() -> Result<Defences, String> {
    let mut defences = Defences::default();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let left_out = match &arguments[..] {
        [] => "",
        [without, names] if without == "--without" => names,
        _ => return Err("usage: pages [--without policy,filter]".to_owned()),
    };
    for name in left_out.split(',').filter(|name| !name.is_empty()) {
        match name {
            "policy" => defences.policy = Check::Off,
            "filter" => defences.filter = Check::Off,
            _ => return Err(format!("there is no such defence here: {name}")),
        }
    }
    Ok(defences)
}

/// Serves a scene on a port of its own, and says where.
async fn open(scene: Scene) -> Result<Value, Box<dyn Error>> {
    let listener = Loopback::bind((Ipv4Addr::LOCALHOST, 0).into()).await?;
    let port = listener.address().port();
    let profile = Arc::new(FakeProfile::of(scene.shelf));
    let pages = router(
        Arc::new(scene.node),
        Arc::clone(&profile) as _,
        profile,
        &Settings { defences: defences()?, ..Settings::new(port, ApiToken::new("")) },
    );
    tokio::spawn(serve(listener, pages, std::future::pending()));
    for path in &scene.before {
        visit(port, path).await?;
    }
    let address = |path: &str| format!("http://127.0.0.1:{port}{path}");
    let mut line = json!({"name": scene.name, "status": scene.status, "fr": scene.says[0], "en": scene.says[1]});
    match scene.ask {
        Ask::Get(path) => line["url"] = address(&path).into(),
        Ask::Site { link, path, follow } => {
            let site: Uri = link.parse()?;
            line["url"] = address(&page_path(&site.with_path(path.trim_start_matches('/')))).into();
            line["follow"] = follow.into();
        }
        Ask::From(path) => {
            line["url"] = address(&path).into();
            line["from_elsewhere"] = true.into();
        }
        Ask::Form { page, action, fields, token } => {
            let fields: Value = fields.into_iter().map(|(name, text)| (name.to_owned(), Value::from(text))).collect();
            line["url"] = address(page).into();
            line["form"] = json!({"action": action, "fields": fields, "old_token": token == Token::Old});
        }
    }
    Ok(line)
}

/// Opens a path as a browser does, and reads the answer.
async fn visit(port: u16, path: &str) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).await?;
    let request =
        format!("GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: text/html\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await?;
    stream.read_to_end(&mut Vec::new()).await?;
    Ok(())
}

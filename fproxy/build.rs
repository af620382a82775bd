//! Turns the messages of `locales/*.ftl` into Rust, so that whatever is wrong with them fails the build.
#![allow(clippy::unwrap_used, reason = "a build that cannot go on should say where")]

use std::path::Path;
use std::{env, fs};

#[path = "build/messages.rs"]
mod messages;
#[path = "src/words/typography.rs"]
mod typography;

fn main() {
    let root = env::var("CARGO_MANIFEST_DIR").unwrap();
    let read = |language: &str| {
        let path = Path::new(&root).join("locales").join(language).with_extension("ftl");
        println!("cargo::rerun-if-changed={}", path.display());
        fs::read_to_string(path).unwrap()
    };
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed=build/messages.rs");
    println!("cargo::rerun-if-changed=src/words/typography.rs");
    match messages::generate(&read("fr"), &read("en")) {
        Ok(rust) => fs::write(Path::new(&env::var("OUT_DIR").unwrap()).join("messages.rs"), rust).unwrap(),
        Err(faults) => {
            for fault in &faults {
                println!("cargo::error={fault}");
            }
        }
    }
}

//! Links for other programs to judge, and a judge of theirs. `tests/freenet.py` uses both.
//!
//! ```text
//! links print    a link on each line, behind `public` or `private` and a tab
//! links read     reads a link from each line of standard input, and prints it again as it is written here
//! ```

use std::io::BufRead as _;
use std::process::ExitCode;

use roneo_keys::{Chk, CodecId, Docname, Extra, InsertUri, KeyPair, Ksk, Locator, ReadKey, SizeClass, Uri, UriError};

/// Names as people give them, and as they hurt.
const NAMES: [&str; 8] = ["tract", "a", "été 36", "a,b@c", "site-7", "~-", "سلام", "100%25"];
const EDITIONS: [u64; 4] = [0, 1, 12_345, i64::MAX as u64];
const PATHS: [&str; 3] = ["", "index.html", "a/b c/d@e,f.txt"];

fn main() -> ExitCode {
    match std::env::args().nth(1).as_deref() {
        Some("print") => print(),
        Some("read") => return read(),
        _ => {
            eprintln!("links print, or links read");
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

fn print() {
    for (round, name) in NAMES.into_iter().enumerate() {
        let bytes = *Locator::of(name.as_bytes()).as_bytes();
        let (pair, docname) = (KeyPair::of_word(name), name.parse::<Docname>().expect("a name that can be one"));
        for (codec, root) in [(CodecId::None, SizeClass::Leaf), (CodecId::ReedSolomon, SizeClass::Block)] {
            let extra = Extra { codec, root, ..Extra::PUBLIC };
            let chk =
                Chk { root: Locator::from_bytes(bytes), key: ReadKey::from_bytes(bytes), extra, name: name.into() };
            public(&Uri::Keep(chk.keep_cap()));
            public(&Uri::Chk(chk));
        }
        let ssk = InsertUri::Ssk { pair: pair.clone(), docname: docname.clone() };
        let usk = InsertUri::Usk { pair, docname: docname.clone(), edition: EDITIONS[round % EDITIONS.len()] };
        let ksk = Uri::Ksk(Ksk { word: docname, path: String::new() });
        for insert in [&ssk, &usk] {
            println!("private\t{}", insert.expose());
        }
        for uri in [ssk.public(), usk.public(), ksk] {
            public(&uri.with_path(PATHS[round % PATHS.len()]));
        }
    }
}

fn public(uri: &Uri) {
    println!("public\t{}", uri.to_text());
}

fn read() -> ExitCode {
    for (number, line) in (1..).zip(std::io::stdin().lock().lines()) {
        match line.map_err(|error| error.to_string()).and_then(|line| written_again(&line).map_err(|it| it.to_string()))
        {
            Ok(text) => println!("{text}"),
            Err(error) => {
                eprintln!("line {number}: {error}");
                return ExitCode::FAILURE;
            }
        }
    }
    ExitCode::SUCCESS
}

fn written_again(text: &str) -> Result<String, UriError> {
    match text.parse::<Uri>() {
        Err(UriError::Private) => Ok(text.parse::<InsertUri>()?.expose().to_string()),
        uri => Ok(uri?.to_text()),
    }
}

#![no_main]
//! No archive stops a proxy that opens it, and every name that it gives can stand in a directory.

use libfuzzer_sys::fuzz_target;
use roneo_content::directory::is_path;

fuzz_target!(|data: &[u8]| {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let names = runtime.block_on(roneo_fproxy::unpacked_names(data)).expect("room for temporary files");
    assert!(names.iter().flatten().all(|name| is_path(name)));
});

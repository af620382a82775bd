//! Whether this machine can run the erasure code that was compiled into the program.

/// This processor cannot run this build, or nobody can tell whether it can.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CpuError {
    /// The processor lacks an instruction set that the erasure code was compiled for.
    #[error(
        "this program was built for processors with {missing} ({built_for}), which this one lacks: use a build for \
         older processors, or build with RUST_REED_SOLOMON_ERASURE_ARCH=x86-64"
    )]
    Lacks {
        /// The instruction set.
        missing: &'static str,
        /// The architecture level that the build names.
        built_for: &'static str,
    },
    /// The build names an architecture that this check has no list for.
    #[error(
        "this program was built for \"{built_for}\", which cannot be checked against this processor: build with \
         RUST_REED_SOLOMON_ERASURE_ARCH set to x86-64, x86-64-v2, x86-64-v3 or haswell"
    )]
    UnknownBuild {
        /// What the build names.
        built_for: &'static str,
    },
}

/// What the C code of `reed-solomon-erasure` was compiled for, taken from the same variable that its
/// build script reads (`.cargo/config.toml` sets it). Without one, that script says Haswell.
///
/// Cargo does not rerun that script when only the variable changes: after changing it, build in a
/// clean target directory, or this check speaks of a build that does not exist.
const BUILT_FOR: &str = match option_env!("RUST_REED_SOLOMON_ERASURE_ARCH") {
    Some(arch) => arch,
    None => "haswell",
};

/// Checks that this processor has what the erasure code was compiled for. Call once, at start:
/// the code itself does not look, and would end the program without a word on the first segment.
///
/// # Errors
/// [`CpuError`], whose message says what to do.
pub fn check_cpu() -> Result<(), CpuError> {
    if cfg!(target_arch = "x86_64") { check(BUILT_FOR, has_feature) } else { Ok(()) }
}

fn check(built_for: &'static str, has: impl Fn(&str) -> bool) -> Result<(), CpuError> {
    let needed = needed(built_for).ok_or(CpuError::UnknownBuild { built_for })?;
    let missing = needed.iter().find(|feature| !has(feature));
    missing.map_or(Ok(()), |missing| Err(CpuError::Lacks { missing, built_for }))
}

/// Instruction sets that a C compiler may use for an architecture (System V psABI levels).
fn needed(built_for: &str) -> Option<&'static [&'static str]> {
    match built_for {
        "x86-64" => Some(&[]),
        "x86-64-v2" => Some(&["sse3", "ssse3", "sse4.1", "sse4.2", "popcnt"]),
        "x86-64-v3" | "haswell" => Some(&[
            "sse3", "ssse3", "sse4.1", "sse4.2", "popcnt", "avx", "avx2", "bmi1", "bmi2", "f16c", "fma", "lzcnt",
            "movbe",
        ]),
        _ => None,
    }
}

#[cfg(target_arch = "x86_64")]
fn has_feature(feature: &str) -> bool {
    match feature {
        "sse3" => is_x86_feature_detected!("sse3"),
        "ssse3" => is_x86_feature_detected!("ssse3"),
        "sse4.1" => is_x86_feature_detected!("sse4.1"),
        "sse4.2" => is_x86_feature_detected!("sse4.2"),
        "popcnt" => is_x86_feature_detected!("popcnt"),
        "avx" => is_x86_feature_detected!("avx"),
        "avx2" => is_x86_feature_detected!("avx2"),
        "bmi1" => is_x86_feature_detected!("bmi1"),
        "bmi2" => is_x86_feature_detected!("bmi2"),
        "f16c" => is_x86_feature_detected!("f16c"),
        "fma" => is_x86_feature_detected!("fma"),
        "lzcnt" => is_x86_feature_detected!("lzcnt"),
        "movbe" => is_x86_feature_detected!("movbe"),
        _ => false,
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn has_feature(_feature: &str) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_runs_this_build() {
        assert_eq!(check_cpu(), Ok(()));
    }

    #[test]
    fn a_processor_must_have_all_that_the_build_uses() {
        let westmere = |feature: &str| ["sse3", "ssse3", "sse4.1", "sse4.2", "popcnt"].contains(&feature);
        let table = [
            ("x86-64", Ok(())),
            ("x86-64-v2", Ok(())),
            ("x86-64-v3", Err(CpuError::Lacks { missing: "avx", built_for: "x86-64-v3" })),
            ("haswell", Err(CpuError::Lacks { missing: "avx", built_for: "haswell" })),
            ("native", Err(CpuError::UnknownBuild { built_for: "native" })),
        ];
        for (built_for, expected) in table {
            assert_eq!(check(built_for, westmere), expected);
        }
        assert!(check("x86-64-v2", |feature| feature != "ssse3").is_err());
        assert_eq!(check("haswell", |_| true), Ok(()));
    }

    #[test]
    fn the_refusal_says_what_to_do() {
        let text = check("haswell", |feature| feature != "avx2").unwrap_err().to_string();
        assert!(text.contains("avx2") && text.contains("RUST_REED_SOLOMON_ERASURE_ARCH=x86-64"), "{text}");
    }

    #[test]
    fn every_feature_named_can_be_looked_up() {
        // On the machines this is developed on every one of them is there; a typing error would not be.
        if cfg!(target_arch = "x86_64") && has_feature("avx2") {
            assert_eq!(check("x86-64-v3", has_feature), Ok(()));
        }
    }
}

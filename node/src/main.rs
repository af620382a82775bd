//! `roneo`: the command line. What it can do stands in `roneo --help`, what it is made of in the
//! library beside it.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}

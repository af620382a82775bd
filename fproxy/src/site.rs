//! Freesites, and whatever else strangers made that can be shown.
//!
//! What is open has an origin of its own, `http://<label>.localhost:<port>`, so that nothing of it shares one with the
//! console or with another site. Its label is a keyed hash of its link under a secret of this run: nobody who was not led
//! there knows it, it changes with every start, and the same link has the same one until then. Browsers that do not
//! find such names get the same files below `/site/<label>/`, under a policy that gives each page an origin of none.
//!
//! [`Sites`] knows what is open, [`Tree`] which file a path names, [`Contents`] brings its bytes, `reader` shows them, and
//! `ways` says where links lead out.

mod contents;
mod reader;
mod registry;
mod shown;
mod tree;
mod ways;

pub(crate) use contents::{Contents, LONGEST, damaged};
pub(crate) use reader::{at_host, at_path, place_of, report};
pub(crate) use registry::{Site, Sites, is_label};
pub(crate) use tree::{Tree, is_presentable};
use ways::Ways;

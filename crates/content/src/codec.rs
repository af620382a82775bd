use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use reed_solomon_erasure::galois_8::ReedSolomon as Matrices;
use roneo_keys::CodecId;

/// Codecs kept built. A file needs two (its larger and its smaller segments); each holds up to 254
/// inverted matrices of k x k bytes, so four stay under 5 MiB.
const MAX_CODECS: usize = 4;

/// Shards that a codec cannot work with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// Fewer shards than data shards.
    #[error("only {have} of the {need} shards that are needed are there")]
    TooFew {
        /// Shards at hand.
        have: usize,
        /// Shards needed: k.
        need: usize,
    },
    /// Counts or lengths that no segment has. A caller's mistake, never a peer's doing.
    #[error("shards of unequal length, or more or fewer than the code has")]
    Shape,
}

/// A systematic erasure code over equally long shards: the first k of n are the data itself.
pub trait Codec {
    /// The code's name in formats.
    fn id(&self) -> CodecId;

    /// Parity shards k … `n` - 1 for the data shards, each as long as those.
    ///
    /// # Errors
    /// [`CodecError::Shape`], when there are no data shards, more than `n`, or of unequal length.
    fn parity(&self, data: &[&[u8]], n: usize) -> Result<Vec<Vec<u8>>, CodecError>;

    /// Restores those of the first `k` shards that are missing. `shards` has all n places; the
    /// restored data shards are right only if every shard given is.
    ///
    /// # Errors
    /// [`CodecError::TooFew`], when fewer than `k` are there; [`CodecError::Shape`], when they are
    /// of unequal length or `k` is not between 1 and n.
    fn restore_data(&self, shards: &mut [Option<Vec<u8>>], k: usize) -> Result<(), CodecError>;
}

/// [`CodecId::ReedSolomon`]: GF(2^8), polynomial 0x11d, a Vandermonde matrix made systematic.
///
/// Building one code takes a millisecond and inverting a matrix as long again, so both are kept.
/// Meant to be made once and shared: the codes are behind a lock, the work is not.
#[derive(Default)]
pub struct ReedSolomon {
    /// Most recently used last.
    built: Mutex<Vec<Arc<Matrices>>>,
}

impl ReedSolomon {
    fn matrices(&self, k: usize, n: usize) -> Result<Arc<Matrices>, CodecError> {
        // Nothing panics while this is held, and a half-moved list would still be a list of codes.
        let mut built = self.built.lock().unwrap_or_else(PoisonError::into_inner);
        let known = built.iter().position(|code| code.data_shard_count() == k && code.total_shard_count() == n);
        let code = match known {
            Some(position) => built.remove(position),
            None => {
                let parity = n.checked_sub(k).ok_or(CodecError::Shape)?;
                Arc::new(Matrices::new(k, parity).map_err(|_| CodecError::Shape)?)
            }
        };
        if built.len() == MAX_CODECS {
            built.remove(0);
        }
        built.push(Arc::clone(&code));
        Ok(code)
    }
}

impl Codec for ReedSolomon {
    fn id(&self) -> CodecId {
        CodecId::ReedSolomon
    }

    fn parity(&self, data: &[&[u8]], n: usize) -> Result<Vec<Vec<u8>>, CodecError> {
        let len = data.first().ok_or(CodecError::Shape)?.len();
        let count = n.checked_sub(data.len()).ok_or(CodecError::Shape)?;
        if count == 0 {
            return Ok(Vec::new());
        }
        let mut parity = vec![vec![0; len]; count];
        self.matrices(data.len(), n)?.encode_sep(data, &mut parity).map_err(|_| CodecError::Shape)?;
        Ok(parity)
    }

    fn restore_data(&self, shards: &mut [Option<Vec<u8>>], k: usize) -> Result<(), CodecError> {
        if k == 0 || k > shards.len() {
            return Err(CodecError::Shape);
        }
        let have = shards.iter().flatten().count();
        if have < k {
            return Err(CodecError::TooFew { have, need: k });
        }
        if shards[..k].iter().all(Option::is_some) {
            return Ok(());
        }
        let code = self.matrices(k, shards.len())?;
        code.reconstruct_data(shards).map_err(|_| CodecError::Shape)
    }
}

impl fmt::Debug for ReedSolomon {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ReedSolomon")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::sample::subsequence;

    fn shard(seed: u8, len: usize) -> Vec<u8> {
        let mut bytes = vec![0; len];
        blake3::Hasher::new().update(&[seed]).finalize_xof().fill(&mut bytes);
        bytes
    }

    fn coded(codec: &dyn Codec, k: usize, n: usize, len: usize) -> Vec<Vec<u8>> {
        let data: Vec<Vec<u8>> = (0..k).map(|index| shard(index as u8, len)).collect();
        let borrowed: Vec<&[u8]> = data.iter().map(Vec::as_slice).collect();
        let parity = codec.parity(&borrowed, n).unwrap();
        data.into_iter().chain(parity).collect()
    }

    fn k_and_kept() -> impl Strategy<Value = (usize, usize, Vec<usize>)> {
        (2usize..=63).prop_flat_map(|k| {
            let n = usize::from(crate::redundancy::shards(k as u8).unwrap());
            (Just(k), Just(n), subsequence((0..n).collect::<Vec<_>>(), k))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_k_of_n_restore_the_data((k, n, kept) in k_and_kept(), len in 1usize..200) {
            let codec = ReedSolomon::default();
            let shards = coded(&codec, k, n, len);
            let mut found: Vec<_> = (0..n).map(|index| kept.contains(&index).then(|| shards[index].clone())).collect();
            codec.restore_data(&mut found, k).unwrap();
            for index in 0..k {
                prop_assert_eq!(found[index].as_ref(), Some(&shards[index]));
            }
            let mut fewer: Vec<_> = (0..n).map(|index| kept[1..].contains(&index).then(|| shards[index].clone())).collect();
            prop_assert_eq!(codec.restore_data(&mut fewer, k), Err(CodecError::TooFew { have: k - 1, need: k }));
        }
    }

    #[test]
    fn shapes_that_no_segment_has_are_refused() {
        let codec = ReedSolomon::default();
        assert_eq!(codec.parity(&[], 4), Err(CodecError::Shape));
        assert_eq!(codec.parity(&[b"a", b"b", b"c"], 2), Err(CodecError::Shape));
        assert_eq!(codec.parity(&[b"a", b"bc"], 4), Err(CodecError::Shape));
        assert_eq!(codec.parity(&[b"", b""], 4), Err(CodecError::Shape));
        assert_eq!(codec.parity(&[b"a", b"b"], 257), Err(CodecError::Shape));
        assert_eq!(codec.parity(&[b"a", b"b"], 2), Ok(Vec::new()));
        let mut unequal = [Some(vec![1]), None, Some(vec![1, 2])];
        assert_eq!(codec.restore_data(&mut unequal, 2), Err(CodecError::Shape));
        assert_eq!(codec.restore_data(&mut [None, None], 0), Err(CodecError::Shape));
        assert_eq!(codec.restore_data(&mut [None, None], 3), Err(CodecError::Shape));
    }

    #[test]
    fn codes_kept_are_bounded_and_the_oldest_goes() {
        let codec = ReedSolomon::default();
        let kept = || codec.built.lock().unwrap().iter().map(|code| code.data_shard_count()).collect::<Vec<_>>();
        (2..=6).for_each(|k| drop(coded(&codec, k, 2 * k, 1)));
        assert_eq!(kept(), [3, 4, 5, 6]);
        drop(coded(&codec, 3, 6, 1));
        drop(coded(&codec, 7, 14, 1));
        assert_eq!(kept(), [5, 6, 3, 7]);
    }

    /// Without the crate's `simd-accel` feature coding is several times slower and nothing says so.
    /// Compared with a plain loop beside it, not with a clock on the wall: other work on the machine
    /// slows both.
    #[cfg(all(any(target_arch = "x86_64", target_arch = "aarch64"), not(target_env = "msvc")))]
    #[test]
    #[expect(clippy::disallowed_methods, reason = "a test of speed has to look at the clock")]
    fn coding_runs_on_vector_instructions() {
        use reed_solomon_erasure::galois_8::mul;
        use std::time::{Duration, Instant};

        let (k, n, len) = (8, 16, 32_768);
        let data: Vec<Vec<u8>> = (0..k).map(|index| shard(index as u8, len)).collect();
        let borrowed: Vec<&[u8]> = data.iter().map(Vec::as_slice).collect();
        let codec = ReedSolomon::default();
        let fastest = |work: &dyn Fn() -> u8| -> Duration {
            let time = || {
                let start = Instant::now();
                std::hint::black_box(work());
                start.elapsed()
            };
            (0..20).map(|_| time()).min().unwrap()
        };
        let vector = fastest(&|| codec.parity(&borrowed, n).unwrap()[0][0]);
        let plain = fastest(&|| {
            let mut parity = vec![vec![0u8; len]; n - k];
            for (row, parity) in parity.iter_mut().enumerate() {
                for (column, data) in borrowed.iter().enumerate() {
                    let factor = (2 + row * k + column) as u8;
                    parity.iter_mut().zip(*data).for_each(|(sum, &byte)| *sum ^= mul(factor, byte));
                }
            }
            parity[0][0]
        });
        assert!(plain > vector * 3, "plain {plain:?}, coded {vector:?}: is simd-accel on?");
    }
}

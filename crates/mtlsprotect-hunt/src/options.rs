//! What the command line says: `seed=42 configurations=300 requests=300 seconds=600 failures=5 workers=2`.

use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// How long to hunt, and with which seed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Decides everything.
    pub seed: u64,
    /// How many configurations; without end where only a time is given.
    pub configurations: u64,
    /// The first of them.
    pub first: u64,
    /// Requests to each.
    pub requests: usize,
    /// No configuration is begun later.
    pub time: Option<Duration>,
    /// It ends after this many failures.
    pub failures: usize,
    /// How many configurations at a time.
    pub workers: usize,
}

impl Options {
    /// From words `name=value`; a random seed where none is given.
    pub fn parse(words: impl Iterator<Item = String>) -> Result<Options, String> {
        let clock = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let mut options = Options {
            seed: u64::from(clock.subsec_nanos()) ^ clock.as_secs() << 8,
            configurations: 300,
            first: 0,
            requests: 300,
            time: None,
            failures: 5,
            // a server that starts or ends is waited for, which takes no processor
            workers: 4 * thread::available_parallelism().map_or(1, usize::from),
        };
        let mut counted = false;
        for word in words {
            let known = "seed, configurations, first, requests, seconds, failures or workers";
            let (name, value) = word.split_once('=').ok_or(format!("{word:?}: write NAME=NUMBER with {known}"))?;
            let number: u64 = value.parse().map_err(|_| format!("{word:?}: {value:?} is not a number"))?;
            let size = usize::try_from(number).map_err(|_| format!("{word:?}: too large"))?;
            match name {
                "seed" => options.seed = number,
                "first" => options.first = number,
                "configurations" => (options.configurations, counted) = (number, true),
                "requests" => options.requests = size.max(1),
                "seconds" => options.time = Some(Duration::from_secs(number)),
                "failures" => options.failures = size.max(1),
                "workers" => options.workers = size.max(1),
                _ => return Err(format!("{name:?}: there are {known}")),
            }
        }
        if options.time.is_some() && !counted {
            options.configurations = u64::MAX - options.first;
        }
        Ok(options)
    }
}

#[cfg(test)]
mod tests {
    use super::Options;
    use std::time::Duration;

    fn parse(words: &[&str]) -> Result<Options, String> {
        Options::parse(words.iter().map(|&word| word.to_owned()))
    }

    #[test]
    fn a_time_alone_has_no_end_of_configurations() {
        let options = parse(&["seconds=600", "seed=7"]).unwrap();
        assert_eq!((options.seed, options.time), (7, Some(Duration::from_secs(600))));
        assert_eq!(options.configurations, u64::MAX);
        assert_eq!(parse(&["seconds=600", "configurations=3"]).unwrap().configurations, 3);
    }

    #[test]
    fn what_is_not_an_option_is_said() {
        for word in ["sed=1", "seed", "seed=x", "seed=-1"] {
            assert!(parse(&[word]).unwrap_err().contains(word.split('=').next().unwrap()), "{word}");
        }
    }
}

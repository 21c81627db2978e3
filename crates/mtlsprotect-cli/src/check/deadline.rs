//! One deadline for everything that a check does.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

/// When everything is given up.
#[derive(Clone, Copy, Debug)]
pub struct Deadline(Instant);

/// A connection that is given up then, however slowly the other side goes on.
#[derive(Debug)]
pub struct Bounded {
    stream: TcpStream,
    deadline: Deadline,
}

impl Deadline {
    /// So long from now.
    pub fn after(time: Duration) -> Self {
        Deadline(Instant::now() + time)
    }

    /// Whether it is over.
    pub fn is_over(self) -> bool {
        self.left().is_err()
    }

    fn left(self) -> io::Result<Duration> {
        let left = self.0.saturating_duration_since(Instant::now());
        if left.is_zero() { Err(io::Error::new(io::ErrorKind::TimedOut, "out of time")) } else { Ok(left) }
    }

    /// Connects until then.
    ///
    /// # Errors
    /// Nobody listens, or none answers in time.
    pub fn connect(self, address: SocketAddr) -> io::Result<Bounded> {
        let stream = TcpStream::connect_timeout(&address, self.left()?)?;
        Ok(Bounded { stream, deadline: self })
    }

    /// The first address of a host, until then. The system's resolver takes no time limit, so it runs in a thread of
    /// its own.
    ///
    /// # Errors
    /// It has none, or the resolver does not answer in time.
    pub fn resolve(self, host: &str, port: u16) -> io::Result<SocketAddr> {
        let (tell, told) = mpsc::channel();
        let host = host.to_owned();
        thread::spawn(move || tell.send((host.as_str(), port).to_socket_addrs().map(|mut found| found.next())));
        let found = told.recv_timeout(self.left()?).map_err(|_| io::Error::other("out of time"))?;
        found?.ok_or_else(|| io::Error::other("has no address"))
    }
}

impl Read for Bounded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.set_read_timeout(Some(self.deadline.left()?))?;
        self.stream.read(buffer)
    }
}

impl Write for Bounded {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        self.stream.set_write_timeout(Some(self.deadline.left()?))?;
        self.stream.write(buffer)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.stream.flush()
    }
}

//! The server over real sockets.

#[cfg(test)]
mod harness;
#[cfg(test)]
mod http1;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod stopping;
#[cfg(test)]
mod tls;

//! A proxy between client and server that drops, delays, truncates, damages, repeats and rewrites, once it is told to.

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use serde_json::Value;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::watch;

use crate::dice::Dice;
use crate::wire::{Listener, Message, exchange};
use crate::world::World;

/// What happens to a request or its answer.
#[derive(Clone)]
pub(crate) enum Fault {
    /// The connection ends before the server has seen anything.
    RequestLost,
    /// The server acts, and the connection ends instead of the answer.
    AnswerLost,
    /// The connection ends in the middle of the answer.
    Truncated,
    /// A byte of the answer is another one.
    Damaged,
    /// The proxy refuses with this status and code; the server sees nothing.
    Refused(u16, u32),
    /// The server acts, and the answer is replaced by an error page.
    ErrorPage,
    /// The server sees the request twice; its second answer is handed on.
    RequestRepeated,
    /// The answer comes twice.
    AnswerRepeated,
    /// The answer comes in 64 pieces, with whatever else can run in between.
    Slow,
    /// The answer comes when [`Gate::open`] is called.
    Late(Gate),
    /// The answer is another one.
    Rewritten(Arc<dyn Fn(&mut Value) + Send + Sync>),
}

impl Fault {
    pub(crate) fn rewritten(rewrite: impl Fn(&mut Value) + Send + Sync + 'static) -> Self {
        Self::Rewritten(Arc::new(rewrite))
    }

    /// Whether the server gets to see the request.
    fn reaches_the_server(&self) -> bool {
        !matches!(self, Self::RequestLost | Self::Refused(..))
    }
}

/// Holds answers back.
#[derive(Clone)]
pub(crate) struct Gate {
    opened: watch::Sender<bool>,
    arrived: watch::Sender<usize>,
}

impl Gate {
    pub(crate) fn new() -> Self {
        Self { opened: watch::channel(false).0, arrived: watch::channel(0).0 }
    }

    /// Waits until an answer waits.
    pub(crate) async fn reached(&self) {
        self.arrived.subscribe().wait_for(|arrived| *arrived > 0).await.unwrap();
    }

    pub(crate) fn open(&self) {
        self.opened.send_replace(true);
    }

    async fn pass(&self) {
        self.arrived.send_modify(|arrived| *arrived += 1);
        self.opened.subscribe().wait_for(|opened| *opened).await.unwrap();
    }
}

/// A request that came by.
#[derive(Clone, Debug)]
pub(crate) struct Sent {
    /// Method and path.
    pub(crate) what: String,
    /// Whether the server has seen it.
    pub(crate) reached: bool,
}

pub(crate) struct Proxy {
    listener: Listener,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    faults: Vec<(String, Fault)>,
    /// Which of the requests to come meets which fault.
    countdown: Option<(usize, Fault)>,
    /// Throws for every request, once the network is unruly.
    dice: Option<Dice>,
    log: Vec<Sent>,
}

/// One request in three meets a fault.
fn any_fault(dice: &mut Dice) -> Option<Fault> {
    Some(match dice.below(27) {
        0 => Fault::RequestLost,
        1 => Fault::AnswerLost,
        2 => Fault::Truncated,
        3 => Fault::RequestRepeated,
        4 => Fault::AnswerRepeated,
        5 => Fault::ErrorPage,
        6 => Fault::Damaged,
        7 => Fault::Refused(429, 429),
        8 => Fault::Slow,
        _ => return None,
    })
}

impl Proxy {
    pub(crate) fn start(world: &World) -> Self {
        let server = world.server.address();
        let state: Arc<Mutex<State>> = Arc::default();
        let shared = Arc::clone(&state);
        let listener = Listener::start(move |stream| serve(stream, server, Arc::clone(&shared)));
        Self { listener, state }
    }

    pub(crate) fn url(&self) -> String {
        self.listener.url()
    }

    /// The next request whose method and path contain `pattern` meets `fault`; each fault once, in this order.
    pub(crate) fn fault(&self, pattern: &str, fault: Fault) {
        self.state.lock().unwrap().faults.push((pattern.to_owned(), fault));
    }

    /// The request after the next `count` ones meets `fault`, whatever it is.
    pub(crate) fn fault_after(&self, count: usize, fault: Fault) {
        self.state.lock().unwrap().countdown = Some((count, fault));
    }

    /// Faults at random from now on, the same ones for the same seed and requests.
    pub(crate) fn be_unruly(&self, dice: Dice) {
        self.state.lock().unwrap().dice = Some(dice);
    }

    /// No more faults. Whether there were some left.
    pub(crate) fn calm(&self) -> bool {
        let mut state = self.state.lock().unwrap();
        let left = !state.faults.is_empty() || state.countdown.is_some();
        (state.faults, state.countdown, state.dice) = (Vec::new(), None, None);
        left
    }

    /// Requests since the last time, those with `pattern` in method and path.
    pub(crate) fn take_log(&self, pattern: &str) -> Vec<Sent> {
        let log = std::mem::take(&mut self.state.lock().unwrap().log);
        log.into_iter().filter(|sent| sent.what.contains(pattern)).collect()
    }
}

impl State {
    fn note(&mut self, request: &Message) -> Option<Fault> {
        let what = request.what();
        let fault = self.faults.iter().position(|(pattern, _)| what.contains(pattern));
        let fault = match fault {
            Some(index) => Some(self.faults.remove(index).1),
            None => self.counted().or_else(|| self.dice.as_mut().and_then(any_fault)),
        };
        let reached = fault.as_ref().is_none_or(Fault::reaches_the_server);
        self.log.push(Sent { what, reached });
        fault
    }

    fn counted(&mut self) -> Option<Fault> {
        match self.countdown.take()? {
            (0, fault) => Some(fault),
            (left, fault) => {
                self.countdown = Some((left - 1, fault));
                None
            }
        }
    }
}

async fn serve(mut client: TcpStream, server: SocketAddr, state: Arc<Mutex<State>>) -> io::Result<()> {
    let mut buffer = Vec::new();
    while let Some(request) = Message::read(&mut client, &mut buffer).await? {
        assert!(request.header("x-sentc-app-token").is_some());
        let fault = state.lock().unwrap().note(&request);
        let answer = match &fault {
            Some(Fault::RequestLost) => return Ok(()),
            Some(Fault::Refused(status, code)) => {
                let body = format!(r#"{{"status":false,"err_msg":"no","err_code":{code}}}"#);
                Message::answer(*status, body)
            }
            Some(Fault::ErrorPage) => {
                exchange(server, &request).await?;
                Message::answer(502, "<html>Bad Gateway</html>")
            }
            Some(Fault::RequestRepeated) => {
                exchange(server, &request).await?;
                answered(server, &request).await?
            }
            _ => answered(server, &request).await?,
        };
        match fault {
            Some(Fault::AnswerLost) => return Ok(()),
            Some(Fault::Truncated) => {
                client.write_all(answer.head.as_bytes()).await?;
                client.write_all(&answer.body[..answer.body.len() / 2]).await?;
                return client.shutdown().await;
            }
            Some(Fault::AnswerRepeated) => {
                client.write_all(&[answer.bytes(), answer.bytes()].concat()).await?;
            }
            Some(Fault::Damaged) => {
                let mut body = answer.body.clone();
                *body.last_mut().unwrap() ^= 1;
                client.write_all(&answer.with_body(body).bytes()).await?;
            }
            Some(Fault::Slow) => {
                let bytes = answer.bytes();
                // As many pieces for every length.
                for piece in bytes.chunks(bytes.len() / 64 + 1) {
                    client.write_all(piece).await?;
                    tokio::task::yield_now().await;
                }
            }
            Some(Fault::Late(gate)) => {
                gate.pass().await;
                client.write_all(&answer.bytes()).await?;
            }
            Some(Fault::Rewritten(rewrite)) => {
                let mut value = serde_json::from_slice(&answer.body).unwrap();
                rewrite(&mut value);
                client.write_all(&answer.with_body(value.to_string().into_bytes()).bytes()).await?;
            }
            _ => client.write_all(&answer.bytes()).await?,
        }
    }
    Ok(())
}

async fn answered(server: SocketAddr, request: &Message) -> io::Result<Message> {
    exchange(server, request).await?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

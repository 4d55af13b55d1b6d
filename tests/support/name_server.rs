//! A name server that does as it is told, over UDP.

use hickory_resolver::proto::op::{Message, ResponseCode};
use hickory_resolver::proto::rr::{RData, Record};
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex};
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

/// What it says to a question.
#[derive(Clone, Debug)]
pub enum Reply {
    /// These, as far as they are of the family asked for.
    Addresses(Vec<IpAddr>),
    /// With this code and no records.
    Code(ResponseCode),
    /// Nothing, ever.
    Silence,
}

/// A name server on loopback. It stops when dropped.
pub struct NameServer {
    address: SocketAddr,
    questions: Arc<Mutex<Vec<String>>>,
    serving: JoinHandle<()>,
}

impl NameServer {
    /// Starts one that asks `reply` what to say to a name (without its last dot; the
    /// root is `""`).
    pub async fn start(reply: impl Fn(&str) -> Reply + Send + 'static) -> NameServer {
        let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
        let address = socket.local_addr().unwrap();
        let questions = Arc::new(Mutex::new(Vec::new()));
        let asked = Arc::clone(&questions);
        let serving = tokio::spawn(async move {
            let mut packet = [0; 4096];
            while let Ok((length, from)) = socket.recv_from(&mut packet).await {
                let question = Message::from_vec(&packet[..length]).unwrap();
                let query = question.queries[0].clone();
                let name = query.name().to_string().trim_end_matches('.').to_lowercase();
                let reply = reply(&name);
                asked.lock().unwrap().push(name);
                let mut answer = question.into_response();
                match reply {
                    Reply::Silence => continue,
                    Reply::Code(code) => answer.metadata.response_code = code,
                    Reply::Addresses(addresses) => {
                        for address in addresses {
                            let data = RData::from(address);
                            if data.record_type() == query.query_type() {
                                let record = Record::from_rdata(query.name().clone(), 60, data);
                                answer.add_answer(record);
                            }
                        }
                    }
                }
                socket.send_to(&answer.to_vec().unwrap(), from).await.unwrap();
            }
        });
        NameServer { address, questions, serving }
    }

    /// Starts one that knows only loopback, under every name.
    pub async fn of_loopback() -> NameServer {
        NameServer::start(|_| Reply::Addresses(vec![IpAddr::from([127, 0, 0, 1])])).await
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How often it was asked for a name.
    pub fn asked_for(&self, name: &str) -> usize {
        self.questions.lock().unwrap().iter().filter(|asked| *asked == name).count()
    }
}

impl Drop for NameServer {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

//! The machine under the nodes: takes the next event, feeds one core one input, carries its outputs out.

use std::time::Duration;

use roneo_client::handle::JobId;
use roneo_client::{Core, Output};
use roneo_keys::time::{Mono, Now};
use roneo_keys::{Block, NodeId};
use roneo_overlay::{StoreOp, Stored};

use crate::carrier::{Carriage, Message};
use crate::member::{Behaviour, Power};
use crate::network::Network;
use crate::trace::{FrameKind, Happening};
use crate::wires::{Answer, Notice, WireId};

/// A call that nobody answers is given up after this long.
pub const CALL_PATIENCE: Duration = Duration::from_secs(10);
/// A link whose other end fell silent without a word is closed after this long, as the keep-alive of
/// a shell does.
pub const KEEP_ALIVE: Duration = Duration::from_secs(30);
/// Time until a block is on disk: one group commit.
pub const STORE_TIME: Duration = Duration::from_millis(5);
/// Time to read a block.
pub const LOAD_TIME: Duration = Duration::from_micros(200);

/// What happens at some moment.
pub(crate) enum Event {
    /// A node joins for the first time.
    Join {
        node: usize,
    },
    /// A node's core asked to be woken.
    Wake {
        node: usize,
        life: u32,
    },
    Arrive {
        wire: WireId,
        from: usize,
        to: usize,
        message: Message,
    },
    /// A handshake has taken long enough, as far as one end is concerned.
    GiveUp {
        wire: WireId,
        owner: usize,
        other: usize,
    },
    /// A keep-alive ran out at one end, the other's machine having gone.
    Silence {
        wire: WireId,
        owner: usize,
        other: usize,
    },
    /// Keep-alives ran out at both ends, if the network is still parted as it was.
    Cut {
        wire: WireId,
        one: usize,
        other: usize,
        parting: u64,
    },
    /// A machine answers its core.
    Machine {
        node: usize,
        life: u32,
        answer: MachineAnswer,
    },
    /// Churn stops or starts a node.
    Turn {
        node: usize,
    },
}

/// What a machine tells its core.
pub(crate) enum MachineAnswer {
    LinkDown(NodeId),
    DialFailed(NodeId),
    Stored(StoreOp, Stored),
    Loaded(StoreOp, Option<Block>),
    Content(JobId, Vec<u8>),
    Taken(JobId),
}

impl Network {
    pub(crate) fn handle(&mut self, event: Event) {
        match event {
            Event::Join { node } => self.start(node),
            Event::Wake { node, life } => self.wake(node, life),
            Event::Arrive { wire, from, to, message } => self.arrive(wire, from, to, message),
            Event::GiveUp { wire, owner, other } => {
                if self.wires.up(owner, other) != Some(wire) {
                    self.close_end(wire, owner, other);
                }
            }
            Event::Silence { wire, owner, other } => self.close_end(wire, owner, other),
            Event::Cut { wire, one, other, parting } => {
                if parting == self.partings && self.carrier.parted(one, other) {
                    self.carrier.drop_held(one, other);
                    self.close_end(wire, one, other);
                    self.close_end(wire, other, one);
                }
            }
            Event::Machine { node, life, answer } => {
                if self.members[node].life == life {
                    self.feed(node, |core, now| answer.hand_over(core, now));
                }
            }
            Event::Turn { node } => self.turn(node),
        }
    }

    /// Hands one input to a node's core, if it runs, and carries out what the core says.
    pub(crate) fn feed(&mut self, node: usize, input: impl FnOnce(&mut Core, Now)) {
        let now = self.now();
        let Some(core) = &mut self.members[node].core else { return };
        input(core, now);
        self.drain(node);
    }

    pub(crate) fn drain(&mut self, node: usize) {
        while let Some(output) = self.members[node].core.as_mut().and_then(Core::poll_output) {
            self.output(node, output);
        }
        self.plan_wake(node);
    }

    fn plan_wake(&mut self, node: usize) {
        // A core that is behind is woken next, not at once: time must go on.
        let soonest = self.mono + Duration::from_micros(1);
        let member = &mut self.members[node];
        let Some(next) = member.core.as_ref().and_then(Core::next_timeout) else { return };
        let next = next.max(soonest);
        if member.wake.is_none_or(|planned| next < planned) {
            member.wake = Some(next);
            let life = member.life;
            self.schedule.plan(next, Event::Wake { node, life });
        }
    }

    fn wake(&mut self, node: usize, life: u32) {
        let member = &mut self.members[node];
        if member.life != life || member.wake != Some(self.mono) {
            return;
        }
        member.wake = None;
        let due = member.core.as_ref().and_then(Core::next_timeout).is_some_and(|next| next <= self.mono);
        if due {
            self.feed(node, Core::handle_timeout);
        } else {
            self.plan_wake(node);
        }
    }

    fn output(&mut self, node: usize, output: Output) {
        match output {
            Output::Send { to, frame } => {
                if let Some(&to) = self.numbers.get(&to) {
                    self.send_frame(node, to, frame);
                }
            }
            Output::Dial { peer, .. } => match self.numbers.get(&peer) {
                Some(&other) if other != node => self.call(node, other),
                _ => self.answer(node, CALL_PATIENCE, MachineAnswer::DialFailed(peer)),
            },
            Output::HangUp { peer } => self.hang_up(node, peer),
            Output::Store { op, locator, block } => {
                let outcome = self.members[node].store(locator, block);
                self.answer(node, STORE_TIME, MachineAnswer::Stored(op, outcome));
            }
            Output::Load { op, locator } => {
                let block = self.members[node].load(self.scenario.seed, &locator);
                self.answer(node, LOAD_TIME, MachineAnswer::Loaded(op, block));
            }
            Output::Save(bytes) => self.members[node].save(bytes),
            Output::Record(line) => self.members[node].records.push(line),
            Output::Read { job, offset, len } => {
                let content = self.members[node].contents.get(&job);
                let bytes = content.map(|content| part_of(content, offset, len)).unwrap_or_default();
                self.answer(node, Duration::ZERO, MachineAnswer::Content(job, bytes));
            }
            Output::Deliver { job, bytes, .. } => {
                self.members[node].fetched.entry(job).or_default().extend(bytes);
                self.answer(node, Duration::ZERO, MachineAnswer::Taken(job));
            }
            Output::Announced { request, receipts } => {
                self.members[node].announced.insert(request, receipts);
            }
            Output::Gathered { request, gathered } => {
                let at = self.mono;
                self.members[node].gathered.insert(request, (at, gathered));
            }
            // Changes of jobs are looked at by whoever waits for them; later outputs do not exist yet.
            _ => {}
        }
    }

    fn answer(&mut self, node: usize, after: Duration, answer: MachineAnswer) {
        let life = self.members[node].life;
        self.schedule.plan(self.mono + after, Event::Machine { node, life, answer });
    }

    fn call(&mut self, dialler: usize, answerer: usize) {
        if let Some(wire) = self.wires.call(dialler, answerer) {
            self.send(wire, dialler, answerer, Message::Call);
            let event = Event::GiveUp { wire, owner: dialler, other: answerer };
            self.schedule.plan(self.mono + CALL_PATIENCE, event);
        }
    }

    fn hang_up(&mut self, node: usize, peer: NodeId) {
        let Some(&other) = self.numbers.get(&peer) else { return };
        let Some(wire) = self.wires.up(node, other) else { return };
        self.wires.close(wire, node, other);
        self.send(wire, node, other, Message::Close);
        self.answer(node, Duration::ZERO, MachineAnswer::LinkDown(peer));
    }

    /// Puts a frame on the link between two nodes; `false` if the sender has none.
    pub(crate) fn send_frame(&mut self, from: usize, to: usize, frame: Vec<u8>) -> bool {
        let Some(wire) = self.wires.up(from, to) else { return false };
        self.traffic.sent(&frame);
        self.members[from].overhear(self.mono, from, to, &frame);
        self.send(wire, from, to, Message::Frame(frame));
        true
    }

    pub(crate) fn send(&mut self, wire: WireId, from: usize, to: usize, message: Message) {
        match self.carrier.carry(self.mono, from, to, wire, message) {
            Carriage::Arrives(at, message) => self.schedule.plan(at, Event::Arrive { wire, from, to, message }),
            Carriage::Lost => self.traffic.lost += 1,
            Carriage::Held => {}
        }
    }

    fn arrive(&mut self, wire: WireId, from: usize, to: usize, message: Message) {
        match (self.members[to].power, message) {
            (Power::Running, message) => self.arrive_at_node(wire, from, to, message),
            (Power::Stopped, Message::Call) => self.send(wire, to, from, Message::Refuse),
            (Power::Stopped | Power::Off, _) => {}
        }
    }

    fn arrive_at_node(&mut self, wire: WireId, from: usize, to: usize, message: Message) {
        match message {
            Message::Call => match self.wires.called(wire, from, to) {
                Answer::Accept(notice) => {
                    let event = Event::GiveUp { wire, owner: to, other: from };
                    self.schedule.plan(self.mono + CALL_PATIENCE, event);
                    self.send(wire, to, from, Message::Accept);
                    if let Some(notice) = notice {
                        self.tell(to, from, notice);
                    }
                }
                Answer::Ignore => {}
            },
            Message::Accept if self.wires.accepted(wire, to, from) => {
                self.send(wire, to, from, Message::Confirm);
                self.tell(to, from, Notice::Up);
            }
            Message::Confirm if self.wires.confirmed(wire, from, to) => self.tell(to, from, Notice::Up),
            Message::Frame(frame) if self.wires.up(to, from) == Some(wire) => self.receive(from, to, &frame),
            Message::Refuse | Message::Close => self.close_end(wire, to, from),
            // Of a link that this end knows nothing of any more.
            Message::Accept | Message::Confirm | Message::Frame(_) => self.send(wire, to, from, Message::Close),
        }
    }

    fn receive(&mut self, from: usize, to: usize, frame: &[u8]) {
        let kind = FrameKind::of(frame);
        self.trace.note(self.mono, from, to, Happening::Frame(kind), frame.len());
        self.members[to].overhear(self.mono, from, to, frame);
        if self.members[to].behaviour == Behaviour::Mute && kind == FrameKind::Packet {
            return;
        }
        let sender = self.members[from].id;
        self.feed(to, |core, now| core.frame(now, sender, frame));
    }

    pub(crate) fn close_end(&mut self, wire: WireId, owner: usize, other: usize) {
        if let Some(notice) = self.wires.close(wire, owner, other) {
            self.tell(owner, other, notice);
        }
    }

    fn tell(&mut self, node: usize, other: usize, notice: Notice) {
        let peer = self.members[other].id;
        let happening = if notice == Notice::Up { Happening::LinkUp } else { Happening::LinkDown };
        self.trace.note(self.mono, node, other, happening, 0);
        self.feed(node, |core, now| match notice {
            Notice::Up => core.link_up(now, peer),
            Notice::Down => core.link_down(now, peer),
            Notice::DialFailed => core.dial_failed(now, peer),
        });
    }

    /// Starts a node, with an invitation of one that runs.
    pub(crate) fn start(&mut self, node: usize) {
        let invitation = self.invitation_for(node);
        let now = self.now();
        self.trace.note(self.mono, node, node, Happening::Start, 0);
        self.members[node].start(&self.scenario, invitation, now);
        self.drain(node);
    }

    /// Stops a node. Its links are reset where its machine stays up, and fall silent where it does not.
    pub(crate) fn stop(&mut self, node: usize, power: Power) {
        if self.members[node].power != Power::Running {
            self.members[node].power = power;
            return;
        }
        self.trace.note(self.mono, node, node, Happening::Stop, 0);
        self.members[node].stop(power);
        for (wire, other) in self.wires.forget(node) {
            match power {
                Power::Off => {
                    let event = Event::Silence { wire, owner: other, other: node };
                    self.schedule.plan(self.mono + KEEP_ALIVE, event);
                }
                Power::Stopped | Power::Running => self.send(wire, node, other, Message::Close),
            }
        }
    }

    fn turn(&mut self, node: usize) {
        let Some(churn) = self.scenario.churn.filter(|_| self.members[node].churns) else { return };
        let next = if self.members[node].power == Power::Running {
            let announced = self.churn_fraction() >= churn.unannounced;
            self.stop(node, if announced { Power::Stopped } else { Power::Off });
            churn.away
        } else {
            self.start(node);
            churn.there
        };
        let length = self.churn_length(next);
        self.schedule.plan(self.mono + length, Event::Turn { node });
    }

    /// The moment by both clocks.
    pub(crate) fn now(&self) -> Now {
        let elapsed = self.mono.since(crate::network::ORIGIN).as_secs();
        Now { mono: self.mono, wall: roneo_keys::time::Wall(self.scenario.start.0 + elapsed) }
    }

    /// Takes events until `end`, and leaves the clock there.
    pub(crate) fn run_to(&mut self, end: Mono) {
        while let Some((at, event)) = self.schedule.next(end) {
            self.mono = at;
            self.events += 1;
            self.handle(event);
        }
        self.mono = end;
    }
}

/// Up to `len` bytes of some content.
fn part_of(content: &[u8], offset: u64, len: usize) -> Vec<u8> {
    let start = usize::try_from(offset).map_or(content.len(), |offset| offset.min(content.len()));
    content[start..].iter().take(len).copied().collect()
}

impl MachineAnswer {
    fn hand_over(self, core: &mut Core, now: Now) {
        match self {
            Self::LinkDown(peer) => core.link_down(now, peer),
            Self::DialFailed(peer) => core.dial_failed(now, peer),
            Self::Stored(op, outcome) => core.stored(now, op, outcome),
            Self::Loaded(op, block) => core.loaded(now, op, block),
            Self::Content(job, bytes) => core.content(now, job, Ok(bytes)),
            Self::Taken(job) => core.taken(now, job),
        }
    }
}

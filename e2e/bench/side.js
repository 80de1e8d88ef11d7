// One side of the measurement, inside a page: a peer connection whose channel goes to the product's own worker, and a
// person who answers at once. Loaded as an init script; `compare.js` calls it.

globalThis.Side = class Side {
  /** Loads the worker and waits until it listens. */
  static async start(script, seat) {
    const side = new this();
    side.seat = seat;
    // As the product's page does: the program is compiled once.
    globalThis.Side.program ??= await WebAssembly.compileStreaming(fetch(script.replace('_loader.js', '_bg.wasm')));
    side.worker = new Worker(script);
    side.worker.postMessage({ kind: 'program', program: globalThis.Side.program });
    await new Promise((resolve, reject) => {
      side.worker.onerror = (event) => reject(new Error(event.message || 'the worker did not load'));
      side.worker.onmessage = ({ data }) => data.kind === 'ready' && resolve();
    });
    side.worker.onmessage = ({ data }) => {
      if (data.kind !== 'event') return;
      const event = typed(JSON.parse(globalThis.Handover.event(data.bytes)));
      if (event.event.type === 'proposed') side.acceptance = globalThis.Handover.acceptance(data.bytes);
      side.heard(event);
    };
    side.connection = new RTCPeerConnection();
    const channel = side.connection.createDataChannel('tacit', { negotiated: true, id: 0, ordered: true });
    // In the same task as its creation, or the browser keeps it.
    side.worker.postMessage({ kind: 'channel', channel }, [channel]);
    side.tell('pair', { seat, confirm_words: false, job: side.job, record: true });
    return side;
  }

  /** What the host invites to. */
  job = 'millionaires';
  /** How often this side compares. */
  rounds = 0;
  /** What each round came to. */
  outcomes = [];
  #waiting = [];
  #stock = 0;
  #started = 0;

  /** A complete description, candidates included: node carries it across. */
  async describe(remote) {
    if (remote) await this.connection.setRemoteDescription(remote);
    await this.connection.setLocalDescription();
    while (this.connection.iceGatheringState !== 'complete') {
      await new Promise((resolve) => (this.connection.onicegatheringstatechange = resolve));
    }
    this.#clock();
    return this.connection.localDescription.toJSON();
  }

  /** Takes the other's answer. */
  accept(remote) {
    return this.connection.setRemoteDescription(remote);
  }

  /** Compares once, with `amount` in minor units; what it cost. */
  compare(amount) {
    this.amount = amount;
    this.rounds += 1;
    this.#next();
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Waits until a comparison is in stock, so that the next one is warm. */
  stocked() {
    return new Promise((resolve) => {
      this.whenStocked = resolve;
      this.#stockChanged();
    });
  }

  close() {
    this.worker.terminate();
    this.connection.close();
  }

  /** The channel opens when its transport is connected; the channel itself is in the worker. */
  #clock() {
    const { sctp } = this.connection;
    if (!sctp || this.opened) return;
    const look = () => sctp.state === 'connected' && (this.opened ??= performance.now());
    sctp.addEventListener('statechange', look);
    look();
  }

  heard({ at, event }) {
    if (event.type === 'proposed') {
      this.proposed = true;
      this.#next();
    } else if (event.type === 'agreed') {
      this.tell('command', { input: { input: { amount: this.amount } } });
    } else if (event.type === 'started') {
      this.#started = at;
    } else if (event.type === 'stock') {
      this.#stock = event.ready;
      this.#stockChanged();
    } else if (event.type === 'finished') {
      const { answer, online, offline } = event.outcome;
      const cold = performance.now() - this.opened;
      this.#waiting.shift().resolve({ order: answer.order, online, offline, cold, warm: at - this.#started });
    } else if (event.type === 'ended') {
      this.#waiting.shift()?.reject(new Error(JSON.stringify(event.fault)));
    }
  }

  #stockChanged() {
    if (this.#stock > 0) this.whenStocked?.();
  }

  /** Accepts what is proposed as soon as a comparison is wanted. */
  #next() {
    if (!this.proposed || this.rounds === 0) return;
    this.proposed = false;
    this.rounds -= 1;
    this.acceptProposed();
  }

  /** Accepts what was proposed last. */
  acceptProposed() {
    this.worker.postMessage({ kind: 'command', bytes: this.acceptance });
  }

  tell(kind, value) {
    this.worker.postMessage({ kind, bytes: Side.packed(kind, value) });
  }

  /** A message as the worker reads it. */
  static packed(kind, value) {
    return globalThis.Handover.packed(kind, JSON.stringify(value));
  }
};

/** An event with its name as `type`, and its fields beside it. */
function typed({ at, event }) {
  const [[type, fields]] = typeof event === 'string' ? [[event, {}]] : Object.entries(event);
  return { at, event: { type, ...fields } };
}

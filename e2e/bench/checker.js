// One side of a measured picture check: Alice has the model, Bob the pictures, and both accept at once. Loaded as an init script
// behind `side.js`.

globalThis.Checker = class Checker extends globalThis.Side {
  job = { classify: { owner: 'alice' } };

  /** Takes a model, or pictures, `batch` in a round. Before the connection opens, so that no figure has in it what packing takes here. */
  give({ model, pictures, batch }) {
    Object.assign(this, { pictures, batch });
    if (!model) return;
    const reveal = { detail: 'label', audience: 'holder', pictures: batch };
    const bytes = Array.from(atob(model), (letter) => letter.charCodeAt(0));
    this.model = Checker.packed('command', { model: { model: bytes, reveal } });
  }

  /** Checks what was given, so many rounds one after the other (Alice: only accepts as many); what each cost. */
  check(rounds) {
    Object.assign(this, { left: rounds, results: [] });
    if (this.offered) this.#propose();
    if (this.proposed) this.#accept();
    return new Promise((resolve, reject) => (this.whenDone = { resolve, reject }));
  }

  heard({ at, event }) {
    const handle = {
      offered: () => {
        this.offered = true;
        if (this.results) this.#propose();
      },
      proposed: () => {
        this.proposed = true;
        if (this.whenDone) this.#accept();
      },
      agreed: () => (this.agreed = at),
      stock: () => event.ready > 0 && this.#stocked(at, event),
      started: () => (this.started = at),
      finished: () => this.#finished(at, event.outcome),
      refused: () => this.whenDone?.reject(new Error(JSON.stringify(event.fault))),
      ended: () => this.whenDone?.reject(new Error(JSON.stringify(event.fault))),
    };
    handle[event.type]?.();
  }

  #propose() {
    if (this.model) this.worker.postMessage({ kind: 'command', bytes: this.model });
  }

  #accept() {
    this.proposed = false;
    if (this.left === 0) this.whenDone.resolve(this.results);
    else this.acceptProposed();
  }

  /** Material is there: the pictures come now, so that nothing but machines is in the figures. */
  #stocked(at, { spent }) {
    this.prepare = at - this.agreed;
    this.spent = spent;
    if (this.seat === 'bob') {
      const first = this.batch * this.results.length;
      const pictures = Array.from({ length: this.batch }, (_, i) => this.pictures[(first + i) % this.pictures.length]);
      this.tell('command', { input: { input: { pictures } } });
    }
  }

  #finished(at, { answer, online, offline }) {
    this.left -= 1;
    const cold = performance.now() - this.opened;
    this.results.push({ answer, online, offline, cold, prepare: this.prepare, ms: at - this.started });
  }
};

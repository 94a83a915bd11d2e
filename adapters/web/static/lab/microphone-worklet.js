// Hands over what the microphone hears, block by block.

registerProcessor("ear", class extends AudioWorkletProcessor {
  process([input]) {
    if (input[0]?.length) this.port.postMessage(input[0].slice());
    return true;
  }
});

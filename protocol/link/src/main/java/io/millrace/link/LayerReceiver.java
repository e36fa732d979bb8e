// SPDX-License-Identifier: Apache-2.0
package io.millrace.link;

import io.millrace.core.Buffer;
import io.millrace.core.Link;

/**
 * What comes in through a layer: input goes to the protocol no faster than that takes it, and not all of it in one turn
 * ({@link LayerBudget}).
 */
abstract class LayerReceiver extends LayerSender {
    /** What has come through the layer and the protocol has not taken, or {@code null}. */
    Buffer in;

    boolean paused;

    /** A task has been handed out and is not done. */
    boolean running;

    /** Input is left that the layer could go on with: it was held up by the protocol, by the output or by time. */
    boolean held;

    /** Bytes lie in the link below that the layer has not taken. */
    private boolean rawLeft;

    boolean lowerEnded;

    /** The layer has said that no input follows. */
    private boolean ended;

    boolean endTold;

    LayerReceiver(Link lower, Layer layer) {
        super(lower, layer);
    }

    /** Opens the protocol if the layer is established by now. */
    abstract void openInner();

    /** What has come in goes through the layer and to the protocol, as far as both want it. */
    final void received(Buffer raw) {
        if (closing != null || broken != null || ended) {
            raw.consume(raw.readable());
            return;
        }
        rawLeft = false;
        boolean through = transformIn(raw);
        rawLeft = !raw.isEmpty() && !(through && lowerEnded) && !ended;
        tellEnd();
        settle();
    }

    /** Returns whether the layer can do nothing more without more input. */
    final boolean transformIn(Buffer raw) {
        Flush mode = lowerEnded && !rawLeft ? Flush.FINISHED : Flush.NORMAL;
        offer();
        while (wantsInput() && budget.may()) {
            if (in == null) {
                in = ScratchBuffers.take();
            }
            int before = in.readable() - raw.readable();
            Layer.Outcome outcome = layer.input(raw, in, mode);
            budget.did(Math.max(0, (long) in.readable() - raw.readable() - before));
            openInner();
            offer();
            if (running) {
                break;
            }
            if (outcome != Layer.Outcome.OK) {
                held = false;
                stop(outcome, raw);
                return true;
            }
        }
        held = true;
        return false;
    }

    final void stop(Layer.Outcome outcome, Buffer raw) {
        if (outcome == Layer.Outcome.ERROR) {
            fail();
        } else if (outcome == Layer.Outcome.END) {
            ended = true;
            raw.consume(raw.readable());
            offer();
        }
    }

    final boolean wantsInput() {
        if (running || ended || closing != null || broken != null || dead) {
            return false;
        }
        return protocol == null || (!paused && kept() < flow.inputHigh() && pending() < flow.high());
    }

    final int kept() {
        return in == null ? 0 : in.readable();
    }

    final boolean isInputOver() {
        return lowerEnded || ended;
    }

    /** Shows the protocol what there is for it, no more at once than its high mark says. */
    final void offer() {
        int before;
        do {
            before = kept();
            if (!isToShow()) {
                return;
            }
            if (before > flow.inputHigh()) {
                showPart();
            } else {
                protocol.receive(in, this);
            }
        } while (before > flow.inputHigh() && kept() < before);
    }

    final boolean isToShow() {
        boolean enough = kept() > 0 && (kept() >= flow.inputLow() || isInputOver());
        return enough && protocol != null && !paused && closing == null && broken == null && !dead;
    }

    /** The layer makes as much of its input as it likes; what is beyond the mark waits here. */
    final void showPart() {
        int most = flow.inputHigh();
        Buffer part = new Buffer(most);
        part.append(in.array(), in.head(), most);
        protocol.receive(part, this);
        in.consume(Math.min(in.readable(), most - part.readable()));
    }

    final void ended() {
        lowerEnded = true;
        moreInput();
        tellEnd();
        settle();
    }

    /** Goes on with input that is left here, in the layer or below, if it is wanted by now. */
    final void moreInput() {
        if (!wantsInput()) {
            held |= lowerEnded && !ended;
        } else if (rawLeft) {
            // The link below offers again what lies there.
            lower.pause(false);
        } else if (held || lowerEnded) {
            transformIn(new Buffer());
        }
    }

    final void tellEnd() {
        boolean all = ended || (lowerEnded && !held && !rawLeft);
        if (all && !endTold && protocol != null && !paused && closing == null && broken == null && !dead) {
            endTold = true;
            protocol.inputClosed(this);
        }
    }

    /** Gives borrowed buffers back. At the end of what came from below, when no protocol is being called. */
    final void settle() {
        in = ScratchBuffers.settle(in);
        output.settle();
    }

    @Override
    public void pause(boolean on) {
        paused = on;
        lower.pause(on || running);
        if (!on) {
            // The link below offers only what lies there; what has come through the layer lies here.
            execute(this::resume);
        }
    }

    @Override
    final void resume() {
        offer();
        moreInput();
        tellEnd();
        settle();
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.link;

import io.millrace.core.Flow;
import io.millrace.core.Link;
import io.millrace.core.LinkStats;
import io.millrace.core.RateLimit;
import io.millrace.core.TimeLimit;

/** The flow above a layer: marks are kept here, time limits and rates are those of the link below. */
final class LayerFlow implements Flow {
    private final Flow lower;
    private final Runnable offerAgain;
    private long low;
    private long high = LinkFlow.USUAL_HIGH;
    private int inputLow = 1;
    private int inputHigh = Integer.MAX_VALUE;

    /** Marks and limits of the link below have been set from here. */
    private boolean marked;

    private boolean limited;

    /** The flow above {@code lower}; {@code offerAgain} is run when marks of the input have changed. */
    LayerFlow(Flow lower, Runnable offerAgain) {
        this.lower = lower;
        this.offerAgain = offerAgain;
    }

    /** The low mark of the output, in bytes. */
    long low() {
        return low;
    }

    /** The high mark of the output, in bytes. */
    long high() {
        return high;
    }

    /** How many bytes the protocol wants to be shown at least. */
    int inputLow() {
        return inputLow;
    }

    /** How many bytes the protocol wants to be shown at most. */
    int inputHigh() {
        return inputHigh;
    }

    /** What a protocol has set for itself is not for the next one. */
    void reset() {
        lower.writeTimeout(Link.NEVER);
        if (limited) {
            for (TimeLimit which : TimeLimit.values()) {
                lower.timeout(which, Link.NEVER);
            }
        }
        if (marked) {
            lower.writeWatermarks(0, LinkFlow.USUAL_HIGH);
        }
        low = 0;
        high = LinkFlow.USUAL_HIGH;
        inputLow = 1;
        inputHigh = Integer.MAX_VALUE;
    }

    @Override
    public void writeWatermarks(long low, long high) {
        lower.writeWatermarks(low, high);
        marked = true;
        this.low = low;
        this.high = high;
    }

    @Override
    public void readWatermarks(int low, int high) {
        FlowControl.checkInputMarks(low, high);
        inputLow = low;
        inputHigh = high;
        offerAgain.run();
    }

    @Override
    public void writeTimeout(long nanos) {
        lower.writeTimeout(nanos);
    }

    @Override
    public void timeout(TimeLimit which, long nanos) {
        lower.timeout(which, nanos);
        limited = true;
    }

    @Override
    public void rate(RateLimit rate) {
        lower.rate(rate);
    }

    @Override
    public void maxPerCall(int read, int write) {
        lower.maxPerCall(read, write);
    }

    @Override
    public LinkStats stats() {
        return lower.stats();
    }
}

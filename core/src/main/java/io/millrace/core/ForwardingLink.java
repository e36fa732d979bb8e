// SPDX-License-Identifier: Apache-2.0
package io.millrace.core;

import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;

/** A link that passes every call on to another one. For decorators, which override what they change. */
public class ForwardingLink implements Link {
    private final Link lower;

    /** Makes a link that passes every call on to {@code lower}. */
    protected ForwardingLink(Link lower) {
        this.lower = lower;
    }

    /** Returns the link that the calls are passed on to. */
    protected final Link lower() {
        return lower;
    }

    @Override
    public Buffer out() {
        return lower.out();
    }

    @Override
    public void flush() {
        lower.flush();
    }

    @Override
    public boolean writable() {
        return lower.writable();
    }

    @Override
    public long pending() {
        return lower.pending();
    }

    @Override
    public void transfer(OpenFile file, long from, long count) {
        lower.transfer(file, from, count);
    }

    @Override
    public void transfer(SharedBytes body) {
        lower.transfer(body);
    }

    @Override
    public void transfer(byte[] bytes, int offset, int length) {
        lower.transfer(bytes, offset, length);
    }

    @Override
    public boolean protectOutput(RecordKeys keys) {
        return lower.protectOutput(keys);
    }

    @Override
    public void sendRecord(int type, byte[] content) {
        lower.sendRecord(type, content);
    }

    @Override
    public void pause(boolean on) {
        lower.pause(on);
    }

    @Override
    public void switchProtocol(Protocol next) {
        lower.switchProtocol(next);
    }

    @Override
    public void deadline(long at) {
        lower.deadline(at);
    }

    @Override
    public void shutdownOutput() {
        lower.shutdownOutput();
    }

    @Override
    public void close(CloseMode how) {
        lower.close(how);
    }

    @Override
    public long now() {
        return lower.now();
    }

    @Override
    public boolean inLoop() {
        return lower.inLoop();
    }

    @Override
    public @Nullable SocketAddress peer() {
        return lower.peer();
    }

    @Override
    public @Nullable SocketAddress socketPeer() {
        return lower.socketPeer();
    }

    @Override
    public @Nullable SocketAddress local() {
        return lower.local();
    }

    @Override
    public Flow flow() {
        return lower.flow();
    }

    @Override
    public @Nullable Tls tls() {
        return lower.tls();
    }

    @Override
    public void execute(Runnable task) {
        lower.execute(task);
    }
}

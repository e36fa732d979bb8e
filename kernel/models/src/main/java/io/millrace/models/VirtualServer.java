// SPDX-License-Identifier: Apache-2.0
package io.millrace.models;

import io.millrace.core.Protocol;
import io.millrace.socket.Kernel;
import io.millrace.sys.SysException;
import io.millrace.transport.BlockingLink;
import io.millrace.transport.ThreadBuffers;

/**
 * <b>virtual</b>: every client has a thread to himself, and the thread is not the kernel's.
 *
 * <p>A virtual thread that waits is an object on the heap: its stack has been copied aside, and the kernel thread that
 * carried it (there is one for each processor) goes on with another. So the code of {@code thread} scales as far as
 * that of an event loop: a hundred thousand clients are a hundred thousand small objects. What is left of the price is
 * the copying, a scheduler in between, and a stack for each idle client.
 *
 * <p>The one rule: a virtual thread must not sleep in the kernel, for then it takes its carrier along, and two of them
 * stop a machine with two processors. A call through the Foreign Function API that blocks is exactly that. So this
 * model parks: one epoll instance, one thread that waits on it ({@link VirtualThreadPoller}); a client's thread leaves
 * its socket there, one-shot, parks, and is unparked by an event, by its time limit, or by a wake-up. Receiving and
 * sending never block and go to the kernel straight.
 *
 * <p>That is what the JDK does inside its own sockets, too. They were the other choice, and were not taken: a thread
 * that sleeps in {@code SocketChannel.read} cannot be woken to send an answer that another thread has computed without
 * closing the channel, and they have neither sendfile(2) to a socket without a detour nor a descriptor to show.
 *
 * <p>Watch it: {@code jcmd PID Thread.dump_to_file -format=json FILE} lists the clients; the kernel knows but a handful
 * of threads.
 */
final class VirtualServer extends LinkServer {
    private final VirtualThreadPoller lot;

    /** Desks are for those who have work: far fewer than clients. */
    private final ThreadBuffers.Pool desks = new ThreadBuffers.Pool();

    VirtualServer(Kernel kernel, ModelOptions options) throws SysException {
        super(kernel, Integer.MAX_VALUE, options);
        this.lot = new VirtualThreadPoller(kernel);
        startWorker("millrace-virtual-poller", () -> lot.run(this::done));
    }

    @Override
    void carry(BlockingAcceptor acceptor, int fd) {
        boolean welcome = acceptor.welcome();
        // A factory for each: a protocol may be carried by any thread, so nothing can be shared without a lock.
        Protocol protocol = Servers.protocol(acceptor.protocols, welcome);
        VirtualThreadPoller.Place place = lot.place(fd);
        BlockingLink link = enter(acceptor, place, fd, protocol);
        if (link != null) {
            start(acceptor, link, place, welcome, "millrace-client-" + fd);
        }
    }

    private void start(
            BlockingAcceptor acceptor,
            BlockingLink link,
            VirtualThreadPoller.Place place,
            boolean welcome,
            String name) {
        try {
            Thread.ofVirtual().name(name).start(() -> serve(acceptor, link, place, welcome));
        } catch (Throwable t) {
            // No memory for a thread: this client cannot be served, and here is who can say so.
            link.abandon();
            leave(acceptor, link, welcome);
            Servers.error("cannot start a virtual thread for a connection", t);
        }
    }

    private void serve(BlockingAcceptor acceptor, BlockingLink link, VirtualThreadPoller.Place place, boolean welcome) {
        try {
            carrying(true);
            while (!link.over()) {
                link.step(desks);
                if (!link.over()) {
                    place.sleep(link);
                }
            }
        } catch (Throwable t) {
            Servers.error("a connection could not be carried on", t);
        } finally {
            link.abandon();
            leave(acceptor, link, welcome);
            carrying(false);
        }
    }

    @Override
    void wakeWorkers() {
        lot.wake();
    }

    @Override
    void release() {
        lot.close();
    }

    @Override
    public String engine() {
        return "parking, a virtual thread for each client";
    }

    @Override
    public int carriers() {
        return 1;
    }
}

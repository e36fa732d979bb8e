// SPDX-License-Identifier: Apache-2.0
package io.millrace.examples.lessons;

import io.millrace.sys.Descriptors;
import io.millrace.sys.Epoll;
import io.millrace.sys.Errno;
import io.millrace.sys.Sockets;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.Set;

/**
 * A thread of a web server, which waits at an epoll.
 *
 * <pre>
 *   edge        each arrival is reported once, so after an event it reads until EAGAIN (EPOLLET); without this word a
 *               connection is reported as long as there is something to read, and one read after each event will do
 *   once        reads once after each event with edge trigger, too, which is a fault: what is left is not reported again
 *   oneshot     all threads wait at one epoll; a connection is reported to one of them, and to none of them until that
 *               one has armed it again (EPOLLONESHOT)
 *   exclusive   each thread has its own epoll and the listening socket is in all of them; a new connection wakes one
 *               thread (EPOLLEXCLUSIVE), and without this word all that sleep
 * </pre>
 */
final class EpollWorker implements Runnable {
    private static final int EVENTS = 64;

    private final int listener;
    private final int epoll;
    private final Set<String> words;
    private final Map<Long, WebConnection> connections;
    private final MemorySegment events = Arena.ofAuto().allocate((long) EVENTS * Epoll.EVENT_SIZE, 8);
    private final MemorySegment change = Arena.ofAuto().allocate(Epoll.EVENT_SIZE, 8);

    EpollWorker(int listener, int epoll, Set<String> words, Map<Long, WebConnection> connections) {
        this.listener = listener;
        this.epoll = epoll;
        this.words = words;
        this.connections = connections;
    }

    @Override
    public void run() {
        control(Epoll.EPOLL_CTL_ADD, listener, Epoll.EPOLLIN | flag("exclusive", Epoll.EPOLLEXCLUSIVE));
        boolean goesOn = true;
        while (goesOn) {
            int n = Epoll.wait(epoll, events, EVENTS, -1);
            for (int i = 0; i < n; i++) {
                long fd = Epoll.data(events, i);
                if (fd == listener) {
                    goesOn = accept();
                } else {
                    serve(connections.get(fd));
                }
            }
        }
    }

    private int flag(String word, int flag) {
        return words.contains(word) ? flag : 0;
    }

    private void control(int operation, int fd, int interest) {
        Epoll.fill(change, interest, fd);
        Epoll.ctl(epoll, operation, fd, change);
    }

    /** Returns false when the socket does not listen any more. */
    private boolean accept() {
        int fd = ListeningSocket.accept(listener, Sockets.SOCK_NONBLOCK);
        String what = fd >= 0 ? " accepted " + fd : " was woken for nothing: " + Errno.symbol(fd);
        System.out.println(Thread.currentThread().getName() + what);
        if (fd >= 0) {
            WebConnection connection = new WebConnection(fd);
            connections.put((long) fd, connection);
            arm(Epoll.EPOLL_CTL_ADD, connection);
        }
        return fd != -Errno.EINVAL;
    }

    private void arm(int operation, WebConnection connection) {
        connection.armedToWrite = connection.waitsToWrite();
        int interest = connection.armedToWrite ? Epoll.EPOLLOUT : Epoll.EPOLLIN;
        int how = flag("edge", Epoll.EPOLLET) | flag("oneshot", Epoll.EPOLLONESHOT);
        control(operation, connection.fd, interest | how);
    }

    /** The lock is for oneshot: it shows this thread what the last one that had the connection has written. */
    private void serve(WebConnection connection) {
        synchronized (connection) {
            if (!connection.serve(words.contains("edge") && !words.contains("once"))) {
                connections.remove((long) connection.fd);
                Descriptors.close(connection.fd);
            } else if (words.contains("oneshot") || connection.armedToWrite != connection.waitsToWrite()) {
                arm(Epoll.EPOLL_CTL_MOD, connection);
            }
        }
    }
}

// SPDX-License-Identifier: Apache-2.0
package io.millrace.examples.lessons;

import io.millrace.sys.Descriptors;
import io.millrace.sys.Epoll;
import io.millrace.sys.Sockets;
import io.millrace.sys.SysException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A web server over epoll(7). Words switch on what epoll has and select and poll have not; {@link EpollWorker} says
 * what each does, and has the loop.
 */
public final class EpollWebServer {
    private EpollWebServer() {}

    /**
     * Serves until {@link ListeningSocket#stop}. The listening socket does not block.
     *
     * @param words any of {@code edge}, {@code once}, {@code oneshot}, {@code exclusive}
     */
    static void serve(int listener, int threads, Set<String> words) throws SysException, InterruptedException {
        Map<Long, WebConnection> connections = new ConcurrentHashMap<>();
        Set<Integer> epolls = new HashSet<>();
        List<Thread> workers = new ArrayList<>();
        int shared = open();
        for (int i = 0; i < threads; i++) {
            int epoll = i == 0 || words.contains("oneshot") ? shared : open();
            epolls.add(epoll);
            workers.add(new Thread(new EpollWorker(listener, epoll, words, connections), "worker-" + i));
        }
        workers.forEach(Thread::start);
        for (Thread worker : workers) {
            worker.join();
        }
        epolls.forEach(Descriptors::close);
        connections.values().forEach(connection -> Descriptors.close(connection.fd));
        Descriptors.close(listener);
    }

    private static int open() throws SysException {
        int epoll = Epoll.create1(Epoll.EPOLL_CLOEXEC);
        if (epoll < 0) {
            throw new SysException("epoll_create1", epoll, "for a worker");
        }
        return epoll;
    }

    /** {@code EpollWebServer 4 edge exclusive} and {@code curl http://127.0.0.1:7104/1000}. */
    public static void main(String[] args) throws SysException, InterruptedException {
        int threads = args.length > 0 ? Integer.parseInt(args[0]) : 1;
        Set<String> words = new HashSet<>(Arrays.asList(args));
        serve(ListeningSocket.open(Integer.getInteger("port", 7104), Sockets.SOCK_NONBLOCK), threads, words);
    }
}

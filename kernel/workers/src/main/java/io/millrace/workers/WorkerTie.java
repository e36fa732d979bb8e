// SPDX-License-Identifier: Apache-2.0
package io.millrace.workers;

import io.millrace.sys.Descriptors;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.Arrays;

/**
 * A supervised worker's end of the socket pair over which it and its {@link Supervisor} talk, descriptor
 * {@value WorkerProcess#TIE}: it says that it is ready and how many connections it has, and hears when it is to leave.
 */
public final class WorkerTie {
    /**
     * What is said over the tie: by a worker that it is ready, or how many connections it has; to a worker to leave, to
     * say how many, or that it will have to leave before long. The first message to a worker is the secret.
     */
    static final byte READY = 'R';

    static final byte COUNT = 'N';
    static final byte DRAIN = 'D';
    static final byte ASK = 'C';
    static final byte LAST = 'L';
    static final byte SECRET = 'S';

    private static final int SECRET_BYTES = 48;

    /** The worker, as its supervisor sees it. Called on the thread that hears the supervisor. */
    public interface Worker {
        /** Returns how many connections it has. */
        int connections();

        /** It will be told to leave before long. */
        void announceDrain();

        /** Finishes and ends, for another worker has taken its place or the server stops; on a thread of its own. */
        void leave();

        /** Finishes and ends, for its supervisor has ended. */
        void orphaned();
    }

    /** The message is taken once; a worker that never asks drops it as it drops any that it does not know. */
    private static final class Secret {
        static final byte[] SHARED = taken();

        private static byte[] taken() {
            byte[] message = new byte[1 + SECRET_BYTES];
            boolean isHere = Descriptors.read(WorkerProcess.TIE, message, message.length) == message.length;
            return isHere && message[0] == SECRET ? Arrays.copyOfRange(message, 1, message.length) : new byte[0];
        }
    }

    private WorkerTie() {}

    /** A message with a secret that all workers of one supervisor share, and with them those that replace them. */
    static byte[] newSecret() {
        byte[] message = new byte[1 + SECRET_BYTES];
        new SecureRandom().nextBytes(message);
        message[0] = SECRET;
        return message;
    }

    /**
     * Returns a secret that all workers of this worker's supervisor share, such as for the keys of session tickets;
     * empty in any other process.
     */
    public static byte[] secret() {
        boolean isSupervised = WorkerProcess.current()
                .filter(worker -> worker.kind() == WorkerProcess.Kind.PREFORK)
                .isPresent();
        return isSupervised ? Secret.SHARED.clone() : new byte[0];
    }

    /** Keeps the tie from processes that this one starts, which are no workers of its parent. */
    public static void keep() {
        Descriptors.fcntl(WorkerProcess.TIE, Descriptors.F_SETFD, Descriptors.FD_CLOEXEC);
    }

    /** Says that this worker accepts, and starts a daemon thread that hears what the supervisor says. */
    public static void ready(Worker worker) {
        // Before the thread that hears what follows; who asks later is told what was heard here.
        secret();
        Descriptors.write(WorkerProcess.TIE, new byte[] {READY}, 1);
        Thread.ofPlatform().name("millrace-tie").daemon().start(() -> listen(worker));
    }

    private static void listen(Worker worker) {
        byte[] said = new byte[1];
        while (Descriptors.read(WorkerProcess.TIE, said, 1) > 0) {
            if (said[0] == ASK) {
                byte[] answer = ByteBuffer.allocate(5)
                        .put(COUNT)
                        .putInt(worker.connections())
                        .array();
                Descriptors.write(WorkerProcess.TIE, answer, answer.length);
            } else if (said[0] == LAST) {
                worker.announceDrain();
            } else if (said[0] == DRAIN) {
                Thread.ofPlatform().name("millrace-drain").start(worker::leave);
            }
        }
        worker.orphaned();
    }
}

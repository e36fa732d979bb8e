// SPDX-License-Identifier: Apache-2.0
package io.millrace.load;

import io.millrace.core.Buffer;
import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Sends a message over a WebSocket and expects the same message back, in however many frames (RFC 6455). The opening
 * handshake comes first and does not count; pings are answered.
 */
final class WebSocketLoadClient extends Client {
    private static final int MOST_CONTROL = 125;

    private final WebSocketRequest request;

    private boolean opening;

    /** Whether a message has begun whose last frame has not come. */
    private boolean inMessage;

    /** How much of the message has come back. */
    private int back;

    // The frame whose payload comes in.
    private boolean last;
    private long left;

    WebSocketLoadClient(Worker worker, WebSocketRequest request) {
        super(worker);
        this.request = request;
    }

    @Override
    boolean begin() {
        opening = true;
        inMessage = false;
        last = false;
        back = 0;
        left = 0;
        worker.sent(request.writeOpening(link.out()));
        link.flush();
        return false;
    }

    @Override
    int write(Buffer out, int place) {
        return request.writeMessage(out);
    }

    @Override
    boolean read(Buffer in) {
        if (opening) {
            WebSocketRequest.Answer answer = request.readAnswer(in);
            if (answer != WebSocketRequest.Answer.OPENED) {
                return answer == WebSocketRequest.Answer.NEED_MORE;
            }
            opening = false;
            ready();
        }
        return frames(in);
    }

    private boolean frames(Buffer in) {
        while (!in.isEmpty()) {
            if (left == 0) {
                int size = headerSize(in);
                if (in.readable() < size) {
                    return true;
                }
                boolean isControl = (in.peek(0) & 0x08) != 0;
                if (isControl ? !isControl(in) : !header(in, size)) {
                    return false;
                }
                if (isControl) {
                    if (in.readable() < size + in.peek(1)) {
                        return true;
                    }
                    control(in);
                    continue;
                }
            }
            if (!payload(in)) {
                return false;
            }
        }
        return true;
    }

    private static int headerSize(Buffer in) {
        if (in.readable() < 2) {
            return 2;
        }
        int length = in.peek(1) & 0x7f;
        return length < 126 ? 2 : length == 126 ? 4 : 10;
    }

    // A frame of data: the first one has the opcode of what was sent, none is masked or compressed.
    private boolean header(Buffer in, int size) {
        int first = in.peek(0) & 0xff;
        int length = in.peek(1);
        int opcode = inMessage ? 0 : request.opcode();
        if (!expectsAnswer() || (first & ~WebSocketRequest.FIN) != opcode || length < 0) {
            return false;
        }
        left = size == 2 ? length : size == 4 ? in.peekInt(0) & 0xffff : in.peekLong(2);
        last = (first & WebSocketRequest.FIN) != 0;
        inMessage = true;
        in.consume(size);
        return left >= 0 && left <= request.message().length - back;
    }

    private boolean payload(Buffer in) {
        byte[] message = request.message();
        int count = (int) Math.min(left, in.readable());
        if (!Arrays.equals(in.array(), in.head(), in.head() + count, message, back, back + count)) {
            return false;
        }
        in.consume(count);
        back += count;
        left -= count;
        if (left > 0 || !last) {
            return true;
        }
        if (back < message.length) {
            return false;
        }
        inMessage = false;
        last = false;
        back = 0;
        complete();
        return true;
    }

    private void complete() {
        if (isSingle()) {
            worker.sent(WebSocketRequest.writeClose(link.out()));
            link.flush();
        }
        answered(0, isSingle() ? Next.SERVER_CLOSES : Next.ANOTHER);
    }

    // Whole, short, without a mask, and known.
    private static boolean isControl(Buffer in) {
        int first = in.peek(0) & 0xff;
        int opcode = first & ~WebSocketRequest.FIN;
        int length = in.peek(1);
        return first != opcode
                && opcode >= WebSocketRequest.CLOSE
                && opcode <= WebSocketRequest.PONG
                && length >= 0
                && length <= MOST_CONTROL;
    }

    // Answers a ping, passes a pong over; a Close ends the connection, as servers do from time to time.
    private void control(Buffer in) {
        int opcode = in.peek(0) & 0x0f;
        int length = in.peek(1);
        in.consume(2);
        if (opcode == WebSocketRequest.PING) {
            worker.sent(WebSocketRequest.frame(
                    link.out(),
                    WebSocketRequest.PONG,
                    in.array(),
                    in.head(),
                    length,
                    ThreadLocalRandom.current().nextInt()));
            link.flush();
        }
        in.consume(length);
        if (opcode == WebSocketRequest.CLOSE) {
            WebSocketRequest.writeClose(link.out());
            link.flush();
            in.consume(in.readable());
            leaveConnection();
        }
    }

    @Override
    void readEnd() {
        // A message that is not whole is a failure: nothing to do here.
    }

    @Override
    boolean isAnswering() {
        return inMessage;
    }
}

// SPDX-License-Identifier: BSD-3-Clause

// A peer on pion/sctp for the interoperability tests, with the options and the messages of plan.h.
// It reads messages whole only, is not told their order, and its SCTP port is always 5000.
package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pion/logging"
	"github.com/pion/sctp"
)

var (
	listen      = flag.Bool("listen", false, "wait for the other side")
	echo        = flag.Bool("echo", false, "send back what comes")
	local       = flag.String("local", "127.0.0.1", "local address")
	remote      = flag.String("remote", "", "address of the other side")
	localUDP    = flag.Int("local-udp", 0, "local UDP port")
	remoteUDP   = flag.Int("remote-udp", 0, "UDP port of the other side")
	streams     = flag.Int("streams", 1, "number of streams")
	sendCnt     = flag.Int("send", 0, "messages to send")
	expectCnt   = flag.Int("expect", 0, "messages to receive")
	sizesText   = flag.String("sizes", "1000", "lengths of messages, taken in turn")
	order       = flag.String("order", "ordered", "ordered, unordered or mixed")
	end         = flag.String("end", "wait", "wait, shutdown, abort or vanish")
	peerEnd     = flag.String("peer-end", "shutdown", "how the other side must end it")
	vanishAfter = flag.Int("vanish-after", 0, "messages before vanishing")
	resetEvery  = flag.Int("reset-every", 0, "the other side resets its streams")
	giveUp      = flag.Bool("give-up", false, "messages are not sent again")
	keepOrdered = flag.Bool("keep-ordered", false, "then those that are ordered are sent again")
	discard     = flag.Bool("discard", false, "what comes is counted, but need not be all")
	deadline    = flag.Int("deadline", 60, "seconds")
	_           = flag.Int("rto-min", 0, "not used")
	_           = flag.Int("port", 5000, "not used")
	_           = flag.Int("remote-port", 5000, "not used")
)

// firstPPID is PLAN_PPID of plan.h.
const firstPPID = 0x80000001

var sizes []int

func length(i uint32) int { return sizes[int(i)%len(sizes)] }

func stream(i uint32) uint16 { return uint16(int(i) % *streams) }

func unordered(i uint32) bool { return *order == "unordered" || (*order == "mixed" && i%3 == 1) }

func givesUp(i uint32) bool { return *giveUp && (!*keepOrdered || unordered(i)) }

func content(i uint32) []byte {
	n := length(i)
	out := make([]byte, (n+7)/8*8)
	for w := 0; w < len(out)/8; w++ {
		x := (uint64(i)<<32 | uint64(w)) + 0x9e3779b97f4a7c15
		x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9
		x = (x ^ (x >> 27)) * 0x94d049bb133111eb
		binary.LittleEndian.PutUint64(out[8*w:], x^(x>>31))
	}
	return out[:n]
}

// udpConn is a UDP socket with one remote address, given or learned from the first packet.
type udpConn struct {
	*net.UDPConn
	mu     sync.Mutex
	remote *net.UDPAddr
	known  chan struct{}
}

func (c *udpConn) Read(p []byte) (int, error) {
	for {
		n, from, err := c.ReadFromUDP(p)
		if err == nil {
			c.mu.Lock()
			if c.remote == nil {
				c.remote = from
				close(c.known)
			}
			c.mu.Unlock()
			return n, nil
		}
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return 0, io.EOF
		}
		if errors.Is(err, net.ErrClosed) {
			return 0, err
		}
	}
}

func (c *udpConn) Write(p []byte) (int, error) {
	c.mu.Lock()
	to := c.remote
	c.mu.Unlock()
	if to != nil {
		_, _ = c.WriteToUDP(p, to) // What the network refuses is lost.
	}
	return len(p), nil
}

// Close ends reading; the socket stays, so that its port does not turn the other side away.
func (c *udpConn) Close() error { return c.SetReadDeadline(time.Unix(1, 0)) }

type peer struct {
	mu                         sync.Mutex
	assoc                      *sctp.Association
	byID                       []*sctp.Stream
	seen                       []bool
	last                       []uint32
	inCnt, outCnt, resets      int
	inBytes, outBytes          int64
	sentAll, ending, abortedBy bool
	why                        string
	done                       chan struct{}
	once                       sync.Once
}

func (p *peer) fail(format string, args ...interface{}) {
	if p.why == "" {
		p.why = fmt.Sprintf(format, args...)
	}
}

func (p *peer) take(s *sctp.Stream, ppid uint32, data []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	i := ppid - firstPPID
	switch {
	case *discard:
		if !bytes.Equal(data, content(i)) {
			p.fail("message %d has wrong bytes (%d)", i, len(data))
		}
		p.inCnt++
		p.inBytes += int64(len(data))
		return
	case int(i) >= *expectCnt || s.StreamIdentifier() != stream(i):
		p.fail("a message that was not expected: stream %d, identifier %d", s.StreamIdentifier(), ppid)
		return
	case p.seen[i]:
		p.fail("message %d came twice", i)
		return
	case !bytes.Equal(data, content(i)):
		p.fail("message %d has wrong bytes (%d)", i, len(data))
	}
	p.seen[i] = true
	if !unordered(i) {
		if i+1 <= p.last[stream(i)] {
			p.fail("message %d came after %d of its stream", i, p.last[stream(i)]-1)
		}
		p.last[stream(i)] = i + 1
	}
	p.inCnt++
	p.inBytes += int64(len(data))
}

func (p *peer) send(i uint32) {
	s := p.byID[stream(i)]
	if givesUp(i) {
		// It counts transmissions, not repetitions.
		s.SetReliabilityParams(unordered(i), sctp.ReliabilityTypeRexmit, 1)
	} else {
		s.SetReliabilityParams(unordered(i), sctp.ReliabilityTypeReliable, 0)
	}
	n, err := s.WriteSCTP(content(i), sctp.PayloadProtocolIdentifier(firstPPID+i))
	p.mu.Lock()
	defer p.mu.Unlock()
	if err != nil {
		p.fail("sending message %d: %v", i, err)
		return
	}
	p.outCnt++
	p.outBytes += int64(n)
}

func (p *peer) read(s *sctp.Stream) {
	largest := 1
	for _, n := range sizes {
		if n > largest {
			largest = n
		}
	}
	buf := make([]byte, largest+1)
	for {
		n, ppid, err := s.ReadSCTP(buf)
		if err != nil && *resetEvery != 0 && errors.Is(err, io.EOF) && p.goesOn() {
			// The other side has reset the stream; it goes on as a new one.
			if s = p.again(s.StreamIdentifier()); s != nil {
				continue
			}
		}
		if err != nil {
			p.ended(err)
			return
		}
		p.take(s, uint32(ppid), buf[:n])
		if *echo {
			p.send(uint32(ppid) - firstPPID)
		}
		p.progress()
	}
}

// again opens a stream that was reset; nil: the association has ended.
func (p *peer) again(id uint16) *sctp.Stream {
	for try := 0; try < 500; try++ {
		s, err := p.assoc.OpenStream(id, 0)
		if err == nil {
			p.mu.Lock()
			p.byID[id] = s
			p.resets++
			p.mu.Unlock()
			return s
		}
		if p.closed() {
			return nil
		}
		time.Sleep(time.Millisecond)
	}
	return nil
}

func (p *peer) goesOn() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return !p.complete()
}

func (p *peer) closed() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

func (p *peer) complete() bool {
	if *echo {
		return p.inCnt >= *expectCnt && p.outCnt == p.inCnt
	}
	return p.sentAll && p.allCame()
}

// allCame tells whether all has come that is not given up.
func (p *peer) allCame() bool {
	for i := 0; *keepOrdered && i < *expectCnt; i++ {
		if !givesUp(uint32(i)) && !p.seen[i] {
			return false
		}
	}
	return *keepOrdered || p.inCnt >= *expectCnt
}

func (p *peer) buffered() (sum uint64) {
	for _, s := range p.byID {
		sum += s.BufferedAmount()
	}
	return
}

// progress does what the plan wants next, if it is time.
func (p *peer) progress() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if *end == "vanish" && p.inCnt >= *vanishAfter {
		p.summary("vanished")
		os.Exit(0)
	}
	if p.ending || !p.complete() {
		return
	}
	if *end == "abort" && p.buffered() == 0 {
		p.ending = true
		p.abortedBy = true
		go p.assoc.Abort("enough")
	} else if *end == "shutdown" && p.buffered() == 0 {
		p.ending = true
		go func() { _ = p.assoc.Shutdown(context.Background()) }()
	}
}

// ended takes the error with which reading ended.
func (p *peer) ended(err error) {
	p.once.Do(func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		how, byPeer := "shutdown", false
		if errors.Is(err, sctp.ErrChunk) {
			how, byPeer = "abort", true
		} else if p.abortedBy {
			how = "abort"
		} else if !errors.Is(err, io.EOF) {
			p.fail("ended by %v", err)
		}
		want := *end
		if *end == "wait" {
			want = *peerEnd
		}
		if how != want || (how == "abort" && byPeer != (*end == "wait")) {
			p.fail("ended by %s (%v), not by %s", how, err, want)
		}
		if !p.complete() {
			p.fail("ended with %d of %d messages received, %d sent", p.inCnt, *expectCnt, p.outCnt)
		}
		p.summary("")
		close(p.done)
	})
}

func (p *peer) summary(more string) {
	verdict, why := "ok", p.why
	if why != "" {
		verdict, why = "FAILED", ": "+why
	}
	if more != "" {
		more = ", " + more
	}
	fmt.Printf("peer_pion: %s%s; sent %d messages (%d bytes), received %d (%d bytes)%s\n", verdict, why,
		p.outCnt, p.outBytes, p.inCnt, p.inBytes, more)
}

func open() (*udpConn, error) {
	network := "udp4"
	if strings.Contains(*local, ":") {
		network = "udp6"
	}
	socket, err := net.ListenUDP(network, &net.UDPAddr{IP: net.ParseIP(*local), Port: *localUDP})
	if err != nil {
		return nil, err
	}
	_ = socket.SetReadBuffer(4 << 20)
	conn := &udpConn{UDPConn: socket, known: make(chan struct{})}
	if *remote != "" {
		conn.remote = &net.UDPAddr{IP: net.ParseIP(*remote), Port: *remoteUDP}
		close(conn.known)
	}
	return conn, nil
}

func (p *peer) start(conn *udpConn) error {
	config := sctp.Config{
		NetConn:              conn,
		MaxReceiveBufferSize: 8 << 20,
		MaxMessageSize:       4 << 20,
		LoggerFactory:        &logging.DefaultLoggerFactory{Writer: io.Discard, DefaultLogLevel: logging.LogLevelDisabled},
	}
	var err error
	if *listen {
		p.assoc, err = sctp.Server(config)
	} else {
		p.assoc, err = sctp.Client(config)
	}
	if err != nil {
		return err
	}
	// It forgets what comes on a stream that nobody has opened, until it is sent again.
	for id := 0; id < *streams; id++ {
		s, err := p.assoc.OpenStream(uint16(id), 0)
		if err != nil {
			return err
		}
		p.byID = append(p.byID, s)
	}
	for _, s := range p.byID {
		go p.read(s)
	}
	go func() {
		for i := 0; i < *sendCnt && !*echo; i++ {
			p.send(uint32(i))
		}
		p.mu.Lock()
		p.sentAll = true
		p.mu.Unlock()
		p.progress()
		for range time.Tick(20 * time.Millisecond) { // Nothing tells that all is acknowledged.
			p.progress()
		}
	}()
	return nil
}

func main() {
	flag.Parse()
	for _, text := range strings.Split(*sizesText, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			fmt.Fprintln(os.Stderr, "peer_pion: bad size:", text)
			os.Exit(2)
		}
		sizes = append(sizes, n)
	}
	conn, err := open()
	if err != nil {
		fmt.Fprintln(os.Stderr, "peer_pion:", err)
		os.Exit(2)
	}
	fmt.Println("ready", conn.LocalAddr().(*net.UDPAddr).Port)
	p := &peer{seen: make([]bool, *expectCnt), last: make([]uint32, *streams), done: make(chan struct{})}
	inputEnd := make(chan struct{})
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		close(inputEnd)
	}()
	go func() {
		if err := p.start(conn); err != nil {
			p.mu.Lock()
			p.fail("no association: %v", err)
			p.mu.Unlock()
			p.ended(err)
		}
	}()
	select {
	case <-inputEnd:
	case <-time.After(time.Duration(*deadline) * time.Second):
		p.mu.Lock()
		p.fail("deadline; %d of %d messages received", p.inCnt, *expectCnt)
		p.mu.Unlock()
		p.ended(io.EOF)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	select {
	case <-p.done:
	default:
		os.Exit(1)
	}
	if p.why != "" {
		os.Exit(1)
	}
}

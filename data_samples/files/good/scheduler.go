// Package scheduler runs jobs at fixed intervals and never runs one job twice at the same time.
package scheduler

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Job is a piece of work with a name. It should return soon after its context is cancelled.
type Job struct {
	Name  string
	Every time.Duration
	Run   func(ctx context.Context) error
}

// Outcome tells how one run of a job went.
type Outcome struct {
	Job   string
	Start time.Time
	Took  time.Duration
	Err   error
}

// Scheduler owns a set of jobs. The zero value is not usable; call New.
type Scheduler struct {
	mu      sync.Mutex
	jobs    map[string]Job
	report  func(Outcome)
	started bool
}

var errStarted = errors.New("scheduler: already started")

// New returns a scheduler that hands every outcome to report.
func New(report func(Outcome)) *Scheduler {
	if report == nil {
		report = func(Outcome) {}
	}
	return &Scheduler{jobs: make(map[string]Job), report: report}
}

// Add registers a job. Names must be unique and the interval positive.
func (s *Scheduler) Add(job Job) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.started:
		return errStarted
	case job.Every <= 0:
		return fmt.Errorf("scheduler: job %q: interval must be positive, got %s", job.Name, job.Every)
	case job.Run == nil:
		return fmt.Errorf("scheduler: job %q has nothing to run", job.Name)
	}
	if _, taken := s.jobs[job.Name]; taken {
		return fmt.Errorf("scheduler: job %q is registered twice", job.Name)
	}
	s.jobs[job.Name] = job
	return nil
}

// Run starts every job and blocks until the context is cancelled and all jobs have returned.
func (s *Scheduler) Run(ctx context.Context) error {
	s.mu.Lock()
	if s.started {
		s.mu.Unlock()
		return errStarted
	}
	s.started = true
	s.mu.Unlock()

	var wg sync.WaitGroup
	for _, job := range s.jobs {
		wg.Add(1)
		go func(job Job) {
			defer wg.Done()
			s.loop(ctx, job)
		}(job)
	}
	wg.Wait()
	return ctx.Err()
}

func (s *Scheduler) loop(ctx context.Context, job Job) {
	ticker := time.NewTicker(job.Every)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case start := <-ticker.C:
			s.report(Outcome{Job: job.Name, Start: start, Err: s.guard(ctx, job), Took: time.Since(start)})
		}
	}
}

// guard turns a panic of a job into an error, so that one bad job does not stop the others.
func (s *Scheduler) guard(ctx context.Context, job Job) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("scheduler: job %q panicked: %v", job.Name, r)
		}
	}()
	return job.Run(ctx)
}

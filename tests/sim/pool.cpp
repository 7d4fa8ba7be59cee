#include <array>
#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <sys/mman.h>

// malloc for a program that spends a quarter of its time in it: a list of free blocks for every size, which a
// thread takes from and gives back to without a lock. Memory does not go back to the system. Larger blocks
// are those of the C library, which lets a program replace malloc:
// https://www.gnu.org/software/libc/manual/html_node/Replacing-malloc.html
extern "C" {

void* __libc_malloc(std::size_t size);
void* __libc_realloc(void* block, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
void __libc_free(void* block);

} // extern "C"

namespace {

constexpr std::size_t step = 16; // and what every block is aligned to
constexpr std::size_t stepped = 1024;
constexpr std::size_t most = 32768;
constexpr std::size_t kinds = stepped / step + 1 + 5; // of 0 to 64 steps, then 2048 to `most`
constexpr std::size_t page_size = std::size_t{1} << 17U;
constexpr std::size_t pages = std::size_t{1}
                              << 17U; // addresses only: the system gives memory when it is used

struct Free {
    Free* next;
};

constexpr std::array<std::uint32_t, kinds> sizes_of_kinds() {
    std::array<std::uint32_t, kinds> sizes{};
    sizes[0] = step;
    for (std::size_t kind = 1; kind <= stepped / step; ++kind) {
        sizes[kind] = static_cast<std::uint32_t>(kind * step);
    }
    for (std::size_t kind = stepped / step + 1; kind < kinds; ++kind) {
        sizes[kind] = sizes[kind - 1] * 2;
    }
    return sizes;
}

constexpr std::array<std::uint32_t, kinds> size_of_kind = sizes_of_kinds();

std::atomic<std::uintptr_t> begin_of_pages{0}; ///< 1: there are none
std::atomic<std::size_t> used_pages{0};
std::uint8_t kind_of_page[pages];

thread_local Free* free_blocks[kinds];
thread_local std::uintptr_t rest_begin[kinds]; ///< of the page that a kind uses up now
thread_local std::uintptr_t rest_end[kinds];

std::size_t kind_of(std::size_t size) {
    if (size <= stepped) {
        return (size + step - 1) / step;
    }
    std::size_t kind = stepped / step + 1;
    while (size_of_kind[kind] < size) {
        ++kind;
    }
    return kind;
}

std::uintptr_t reserve_pages() {
    void* const place = mmap(
        nullptr, page_size * pages, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0
    );
    const std::uintptr_t begin = place == MAP_FAILED ? 1 : reinterpret_cast<std::uintptr_t>(place);
    std::uintptr_t none = 0;
    if (!begin_of_pages.compare_exchange_strong(none, begin)) {
        if (place != MAP_FAILED) {
            munmap(place, page_size * pages);
        }
        return none;
    }
    return begin;
}

[[gnu::noinline]] void* take_new(std::size_t kind) {
    if (rest_end[kind] - rest_begin[kind] < size_of_kind[kind]) {
        std::uintptr_t begin = begin_of_pages.load();
        begin = begin == 0 ? reserve_pages() : begin;
        const std::size_t page = used_pages++;
        if (begin == 1 || page >= pages) {
            return __libc_malloc(size_of_kind[kind]);
        }
        kind_of_page[page] = static_cast<std::uint8_t>(kind);
        rest_begin[kind] = begin + page * page_size;
        rest_end[kind] = rest_begin[kind] + page_size;
    }
    void* const block = reinterpret_cast<void*>(rest_begin[kind]);
    rest_begin[kind] += size_of_kind[kind];
    return block;
}

/// The page that a block lies in; `pages` or more: it is one of the C library's.
std::size_t page_of(const void* block) {
    const std::uintptr_t begin = begin_of_pages.load(std::memory_order_relaxed);
    return (reinterpret_cast<std::uintptr_t>(block) - begin) / page_size;
}

} // namespace

extern "C" {

void* malloc(std::size_t size) {
    if (size > most) {
        return __libc_malloc(size);
    }
    const std::size_t kind = kind_of(size);
    Free* const block = free_blocks[kind];
    if (block == nullptr) {
        return take_new(kind);
    }
    free_blocks[kind] = block->next;
    return block;
}

void free(void* block) {
    if (block == nullptr) {
        return;
    }
    const std::size_t page = page_of(block);
    if (page >= pages) {
        __libc_free(block);
        return;
    }
    const std::size_t kind = kind_of_page[page];
    auto* const given = static_cast<Free*>(block);
    given->next = free_blocks[kind];
    free_blocks[kind] = given;
}

void* calloc(std::size_t count, std::size_t size) {
    std::size_t bytes = 0;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return nullptr;
    }
    void* const block = malloc(bytes);
    return block == nullptr ? nullptr : std::memset(block, 0, bytes);
}

void* realloc(void* block, std::size_t size) {
    const std::size_t page = page_of(block);
    if (block == nullptr) {
        return malloc(size);
    }
    if (page >= pages) {
        return __libc_realloc(block, size);
    }
    const std::size_t room = size_of_kind[kind_of_page[page]];
    if (size <= room && size > room / 2) {
        return block;
    }
    void* const other = malloc(size);
    if (other != nullptr) {
        std::memcpy(other, block, size < room ? size : room);
        free(block);
    }
    return other;
}

void* memalign(std::size_t alignment, std::size_t size) {
    return alignment <= step ? malloc(size) : __libc_memalign(alignment, size);
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
    return memalign(alignment, size);
}

int posix_memalign(void** block, std::size_t alignment, std::size_t size) {
    *block = memalign(alignment, size);
    return *block == nullptr ? ENOMEM : 0;
}

} // extern "C"

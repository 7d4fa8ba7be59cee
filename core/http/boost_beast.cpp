// Beast, compiled once for every user.
#include <boost/beast/src.hpp>
